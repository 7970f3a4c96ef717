import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawDiagnostic } from '../../src/base/diagnostic.ts';
import { HarnessError } from '../../src/base/error.ts';
import { siteLanguage } from '../../src/flow/language.ts';
import { readSite } from '../../src/site/load.ts';
import type { Site } from '../../src/site/site.ts';

const text = readFileSync('sites/cluster.yaml', 'utf8');

/** The cluster's site with these mounts of the site and of its partition, as YAML lists. */
function site(mounts: string, ofPartition = '[]', change = (whole: string) => whole): Site {
  const whole = text.replace(/^ {2}batch:\n/m, `$&    mounts: ${ofPartition}\n`);
  return readSite(`${change(whole)}\nmounts: ${mounts}\n`, '/s/site.yaml', siteLanguage, '/h');
}

function problems(mounts: string, ofPartition?: string): string {
  try {
    site(mounts, ofPartition);
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return [error.code, ...error.diagnostics.map(drawDiagnostic)].join('\n');
  }
  throw new Error('the site was accepted');
}

const bubblewrap = (whole: string) => whole.replace('kind: charliecloud', 'kind: bubblewrap');

describe('mounts of a site', () => {
  it('are none unless said', () => {
    expect(readSite(text, '/s/site.yaml', siteLanguage, '/h').partitions[0]?.mounts).toEqual([]);
  });

  it('are those of the site and of the partition, what lies in another after it, in plain paths', () => {
    const own = '[{ source: /opt/x/lib, target: /opt/x/lib }]';
    expect(site('[{ source: /opt//cray/, target: /opt/./x/ }]', own).partitions[0]?.mounts).toEqual([
      { source: '/opt/cray', target: '/opt/x' },
      { source: '/opt/x/lib', target: '/opt/x/lib' },
    ]);
  });

  it('can be read-only where the runtime can make them so', () => {
    const mounts = '[{ source: /a, target: /b, read_only: true }, { source: /c, target: /d, read_only: false }]';
    expect(site(mounts, '[]', bubblewrap).partitions[0]?.mounts).toEqual([
      { source: '/a', target: '/b', readOnly: true },
      { source: '/c', target: '/d' },
    ]);
    expect(problems(mounts)).toMatch(
      /cannot take the right to write away[\s\S]*read_only: true[\s\S]*\^+[\s\S]*hint: leave read_only/,
    );
  });

  it.each([
    ['a relative source', '{ source: lib, target: /lib }', /"lib" is no absolute path[\s\S]*of the nodes/],
    ['a source in the home', '{ source: ~/lib, target: /opt/lib }', /"~\/lib" is no absolute path/],
    ['a relative target', '{ source: /lib, target: opt/lib }', /"opt\/lib" is no absolute path[\s\S]*in the container/],
    ['a target that climbs', '{ source: /lib, target: /opt/../../etc }', /leads out of the folder/],
    ['the whole image', '{ source: /lib, target: /./ }', /the target is the whole image/],
    ['a newline', '{ source: "/a\\nb", target: /opt }', /control character/],
    ['a colon in the source', '{ source: "/a:b", target: /opt }', /\/a:b holds a colon, which ch-run/],
    ['a colon in the target', '{ source: /a, target: "/o:pt" }', /\/o:pt holds a colon/],
    ['a path of the run', '{ source: /a, target: /mnt/work }', /\/mnt\/work is at \/mnt\/work, where charliecloud/],
    ['what is above one', '{ source: /a, target: /mnt }', /\/mnt is over \/mnt\/suite/],
    ['what is below one', '{ source: /a, target: /tmp/x }', /\/tmp\/x is within \/tmp/],
    ['a file that ch-run binds', '{ source: /a, target: /etc/hosts }', /\/etc\/hosts is at \/etc\/hosts/],
    ['no target', '{ source: /a }', /lacks the key "target"/],
    ['an unknown key', '{ source: /a, target: /b, readonly: true }', /did you mean "read_only"/],
  ])('refuses %s, with its place', (_, mount, message) => {
    const shown = problems(`[${mount}]`);
    expect(shown).toContain('SITE_INVALID');
    expect(shown).toMatch(message);
    expect(shown).toMatch(/site\.yaml:\d+:\d+ [^\n]*\n *\^+/);
  });

  it('refuses two at one target, also one of the site and one of a partition, and tells all problems', () => {
    const both = problems('[{ source: /a, target: /x }, { source: /b, target: /x/ }]');
    expect(both).toContain('at /x /a is mounted already');
    const across = problems('[{ source: /a, target: /x }, { source: c, target: /y }]', '[{ source: /b, target: /x }]');
    expect(across).toContain('at /x /a is mounted already');
    expect(across).toContain('"c" is no absolute path');
    expect(across.match(/^error:/gm)).toHaveLength(2);
  });
});
