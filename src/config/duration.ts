// Lengths of time as people write them in cluster.yaml, and as Go's programs do.

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** One number and one unit: what a person says at once. */
export const durationPattern = /^[1-9][0-9]{0,5}[mhd]$/;

/** Of text that the pattern takes. */
export const durationSeconds = (text: string): number => Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? 0);

/** `8760h0m0s`, as Go's time.ParseDuration takes it, without fractions; undefined for anything else. */
export const goDurationSeconds = (text: string): number | undefined => {
  if (!/^(?:\d+[hms])+$/.test(text)) return undefined;
  const parts = text.match(/\d+[hms]/g) ?? [];
  return parts.reduce((sum, part) => sum + durationSeconds(part), 0);
};
