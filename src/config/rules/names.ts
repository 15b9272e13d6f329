// Names and MAC addresses: each once, none that means something else.
import type { Path } from "../../diagnostic.ts";
import { formatPath } from "../../diagnostic.ts";
import type { Machine, Rule } from "./context.ts";
import { error } from "./context.ts";

interface Named {
  readonly key: string;
  readonly path: Path;
  readonly holder: Machine;
}

/** "cp2 (nodes[2]) has it". */
export const hasIt = ({ holder }: Named): string => `${holder.name} (${formatPath(holder.path)}) has it`;

/** Every item whose key came before, with the path of the first. */
export const repeated = <T extends Named>(items: readonly T[]): readonly { readonly item: T; readonly first: T }[] => {
  const seen = new Map<string, T>();
  return items.flatMap((item) => {
    const first = seen.get(item.key);
    if (first === undefined) seen.set(item.key, item);
    return first === undefined ? [] : [{ item, first }];
  });
};

const nameOf = (holder: Machine): Named => ({ key: holder.name, path: [...holder.path, "name"], holder });

export const duplicateName: Rule = ({ machines }) =>
  repeated(machines.map(nameOf)).map(({ item, first }) =>
    error(
      "node/duplicate-name",
      `the name ${JSON.stringify(item.key)} is taken`,
      item.path,
      `${formatPath(first.holder.path)} has it; each node and pool needs a name of its own`,
    ),
  );

export const reservedName: Rule = ({ machines }) =>
  machines
    .filter(({ name }) => name === "localhost" || name.startsWith("localhost."))
    .map(({ name, path }) =>
      error(
        "node/reserved-name",
        `no node can be named ${JSON.stringify(name)}`,
        [...path, "name"],
        "this name always means the machine itself (RFC 6761 section 6.3)",
      ),
    );

export const badMac: Rule = ({ machines }) =>
  machines.flatMap(({ mac, path }) => {
    if (mac === undefined) return [];
    const group = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
    if (!group && mac !== "00:00:00:00:00:00") return [];
    const why = group ? "it is a group address: the lowest bit of its first byte is set" : "it is no address at all";
    return [error("node/bad-mac", `${mac} cannot belong to a network interface`, [...path, "mac"], why)];
  });

const macsOf = (holder: Machine): readonly Named[] =>
  holder.mac === undefined ? [] : [{ key: holder.mac, path: [...holder.path, "mac"], holder }];

export const duplicateMac: Rule = ({ machines }) =>
  repeated(machines.flatMap(macsOf)).map(({ item, first }) =>
    error("node/duplicate-mac", `the MAC address ${item.key} is taken`, item.path, hasIt(first)),
  );
