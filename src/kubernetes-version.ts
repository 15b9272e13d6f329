// How Kubernetes versions (1.37.2) compare. Pure, and the same answer wherever one is asked for.

const numbers = (version: string): number[] => version.replace(/^v/, "").split(".").map(Number);

/** Older first. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** The known version closest to `version`: of the same minor if there is one, else of the nearest minor; of two equally near, the newer. `1.36` is near to all of 1.36. */
export const nearestVersion = (version: string, known: readonly string[]): string | undefined => {
  const [, minor = Number.NaN, patch] = numbers(version);
  const newestFirst = known.toSorted(compareVersions).toReversed();
  if (Number.isNaN(minor)) return newestFirst[0];
  const distance = (candidate: string): number => {
    const [, otherMinor = 0, otherPatch = 0] = numbers(candidate);
    const patches = otherMinor === minor && patch !== undefined ? Math.abs(otherPatch - patch) : 0;
    return Math.abs(otherMinor - minor) * 1000 + patches;
  };
  return newestFirst.toSorted((left, right) => distance(left) - distance(right))[0];
};
