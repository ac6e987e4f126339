/**
 * What Kubernetes takes for a label (apimachinery, pkg/util/validation/validation.go: IsQualifiedName, IsValidLabelValue,
 * IsDNS1123Subdomain).
 */
const NAME = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** `PREFIX/NAME` or `NAME`. */
export function isLabelKey(key: string): boolean {
  const parts = key.split('/');
  const [name, prefix] = [parts.at(-1) ?? '', parts.length === 2 ? parts[0] : undefined];
  if (parts.length > 2 || !NAME.test(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix));
}

export function isLabelValue(value: string): boolean {
  return value === '' || NAME.test(value);
}
