// What of the caller's environment a program may see that reaches the network: how to get out, and nothing else.
import type { Io } from "../edge/io.ts";

const proxies = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/** https://go.dev/ref/mod#environment-variables: where modules come from and which are checked; not how they are built. */
const goModules = ["GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOVCS"];

const names = [...proxies, ...proxies.map((name) => name.toUpperCase()), ...goModules];

export const outsideEnvironment = (environment: Io["environment"]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
