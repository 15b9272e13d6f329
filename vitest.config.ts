import { defineConfig } from "vitest/config";

/** Real programs and real boots, one after the other. Milliseconds. */
const slow = { testTimeout: 30 * 60_000, hookTimeout: 60 * 60_000, fileParallelism: false } as const;

export default defineConfig({
  test: {
    projects: [
      // Seconds are enough where nothing else runs; a busy machine gets more.
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "tests/*.test.ts", "tests/lab/*.test.ts"],
          testTimeout: 30_000,
        },
      },
      { test: { name: "e2e", include: ["tests/e2e/**/*.test.ts"], ...slow } },
      { test: { name: "vm", include: ["tests/vm/**/*.test.ts"], ...slow } },
    ],
  },
});
