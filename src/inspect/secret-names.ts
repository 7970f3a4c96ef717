/** Which names of variables and options say that their value is a secret. */

// Partition keys of InfiniBand (`UCX_IB_PKEY`) are numbers that decide who may talk to whom, and no secret.
const partitionKey = /pkey/i;
const secret = /pass|token|secret|key|cred/i;

/** The same two in lower case, for what reads extended expressions: what names a secret, and what does not all the same. */
export const secretExpressions: readonly string[] = [secret.source, partitionKey.source];

/** Whether the value behind this name must not be stored. The collector holds to the same words (`say_variable`). */
export function namesSecret(name: string): boolean {
  return secret.test(name) && !partitionKey.test(name);
}

/** Credentials inside an address: `https://user:word@host` → `https://***@host`. */
export function withoutCredentials(value: string): string {
  return value.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s@]*:[^/\s@]*@/gi, '$1***@');
}
