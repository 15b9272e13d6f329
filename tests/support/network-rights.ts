import type { Command } from "../../src/edge/io.ts";

/** bubblewrap leaves the right to make networks to whom it takes for root, which every user may be in a namespace. */
export const withNetworkRights = (command: Command): Command => ({
  ...command,
  argv: ["unshare", "-Ur", "--", ...command.argv],
});
