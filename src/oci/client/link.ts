/** Link headers (RFC 8288), as registries page their lists. */

/** The target of the first link with `rel=next`, or undefined on the last page. */
export function nextPage(header: string | undefined): string | undefined {
  for (const [, target, parameters] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[^,;]+)*)/g)) {
    if (/;\s*rel\s*=\s*(?:"next"|next)\s*(?:;|$)/i.test(parameters ?? '')) return target;
  }
  return undefined;
}
