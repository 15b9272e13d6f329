// Several things at once, but not too many.

/** Maps in order with at most `limit` calls under way. The first failure is passed on once nothing runs any more. */
export const mapLimited = async <T, R>(
  values: readonly T[],
  limit: number,
  use: (value: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < values.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await use(values[index] as T);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, values.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
};
