// Roles and images: those named must be there, and fit each other.
import type { Path } from "../../diagnostic.ts";
import { didYouMean } from "../../did-you-mean.ts";
import type { Rule } from "./context.ts";
import { atKey, error, warning } from "./context.ts";

const list = (names: Iterable<string>): string => [...names].toSorted().join(", ");

const noSuch = (what: "role" | "image", name: string, path: Path, known: readonly string[]) =>
  error(
    what === "role" ? "node/unknown-role" : "node/unknown-image",
    `no ${what} ${JSON.stringify(name)}${didYouMean(name, known)}`,
    path,
    `known ${what}s: ${list(known)}`,
  );

export const unknownRole: Rule = ({ config, library, machines }) => {
  const known = [...library.roles.keys()];
  return [
    ...machines
      .filter(({ role }) => role === undefined)
      .map(({ entry, path }) => noSuch("role", entry.role, [...path, "role"], known)),
    ...Object.keys(config.roles)
      .filter((name) => !library.roles.has(name))
      .map((name) => atKey(noSuch("role", name, ["roles", name], known))),
  ];
};

/** A role that only images are made of. */
export const roleIsOfNodes: Rule = ({ machines }) =>
  machines
    .filter(({ role }) => role?.bootstrap === "none")
    .map(({ entry, path }) =>
      error(
        "node/no-node-role",
        `the role ${entry.role} is no node of a cluster`,
        [...path, "role"],
        "it is the base that Packer starts from: kimg build --role base",
      ),
    );

export const unusedRole: Rule = ({ config, library, machines }) =>
  Object.keys(config.roles)
    .filter((name) => library.roles.has(name) && machines.every(({ entry }) => entry.role !== name))
    .map((name) => atKey(warning("roles/unused", `no node has the role ${name}: this has no effect`, ["roles", name])));

export const unknownImage: Rule = ({ config, library, machines }) => {
  const known = [...library.images.keys()];
  return [
    ...(library.images.has(config.image) ? [] : [noSuch("image", config.image, ["image"], known)]),
    ...machines
      .filter(({ entry, image }) => entry.image !== undefined && image === undefined)
      .map(({ imageName, path }) => noSuch("image", imageName, [...path, "image"], known)),
  ];
};

export const imageCarriesRole: Rule = ({ library, machines }) =>
  machines.flatMap(({ entry, path, image, role }) => {
    if (image === undefined || role === undefined || image.roles.length === 0) return [];
    if (image.roles.includes(role.name)) return [];
    const able = [...library.images.values()]
      .filter(({ roles }) => roles.length === 0 || roles.includes(role.name))
      .map(({ name }) => name);
    const images = able.length === 0 ? "no image does" : `images that do: ${list(able)}`;
    const hint = `it carries ${list(image.roles)}; ${images}`;
    const where = [...path, entry.image === undefined ? "role" : "image"];
    return [error("image/role", `the image ${image.name} does not carry the role ${role.name}`, where, hint)];
  });
