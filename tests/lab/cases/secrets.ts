// What a cluster's machines keep of the secrets that their seeds brought.
import { checkSecrets } from "../formed.ts";
import type { Case } from "../scene.ts";

export const secretsErased: Case = {
  name: "secrets-erased",
  does: "Looks for the bytes of every secret on every machine's disk, and in what it keeps in memory below /run",
  endsIn: "no node has any staged secret; each role has what the table allows, and no more",
  inTest: true,
  from: "formed",
  leaves: "formed",
  run: checkSecrets,
};
