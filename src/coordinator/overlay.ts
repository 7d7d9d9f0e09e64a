/** `base` with the non-null values of `diff`; null means "as it is". */
export function overlay<T extends object>(base: T, diff: { [K in keyof T]?: T[K] | null } | null): T {
  if (diff === null) return base;
  const out = { ...base };
  for (const key of Object.keys(diff) as (keyof T)[]) {
    const value = diff[key];
    if (value !== null && value !== undefined) out[key] = value;
  }
  return out;
}
