// The Kubernetes version and its supply.
import { compareVersions, nearestVersion } from "../../kubernetes-version.ts";
import type { Rule } from "./context.ts";
import { atKey, error, warning } from "./context.ts";
import { knownBugs } from "./known-bugs.ts";

export const unknownVersion: Rule = ({ config, library }) => {
  const { version } = config.kubernetes;
  const known = library.kubernetesVersions;
  if (version === undefined || known.includes(version)) return [];
  const path = ["kubernetes", "version"];
  const hint = `known versions: ${known.join(", ")}`;
  if (known.includes(version.replace(/^v/, ""))) {
    return [error("kubernetes/bad-version", `write the version without v: ${version.slice(1)}`, path)];
  }
  const shown = JSON.stringify(version);
  if (!/^v?\d+\.\d+\.\d+$/.test(version)) {
    const message = `${shown} is not an exact version; the nearest is ${nearestVersion(version, known)}`;
    return [error("kubernetes/bad-version", message, path, hint)];
  }
  const message = `there is no supply of Kubernetes ${version}; the nearest is ${nearestVersion(version, known)}`;
  return [error("kubernetes/unknown-version", message, path, hint)];
};

export const mirrorFolder: Rule = ({ config }) => {
  const { from, mirror } = config.kubernetes;
  if (from === "mirror" && mirror === undefined) {
    const hint = "write kubernetes: { from: mirror, mirror: DIR }, where `kimg mirror create DIR` made it";
    return [error("kubernetes/no-mirror", "from: mirror needs to know which mirror", ["kubernetes", "from"], hint)];
  }
  if (from === undefined || from === "mirror" || mirror === undefined) return [];
  const message = `mirror has no effect with from: ${from}`;
  return [atKey(warning("kubernetes/mirror-unused", message, ["kubernetes", "mirror"]))];
};

export const bugsOfVersion: Rule = (context) => {
  const { config, library } = context;
  const version = config.kubernetes.version ?? library.defaultKubernetesVersion;
  return knownBugs
    .filter(({ versions, concerns }) => versions.includes(version) && concerns(context))
    .map(({ message, hint, thread, versions }) => {
      const later = library.kubernetesVersions.filter((each) => compareVersions(each, version) > 0);
      const mended = later.filter((each) => !versions.includes(each)).toSorted(compareVersions)[0];
      const see = `${mended === undefined ? "see" : `mended in ${mended};`} ${thread}`;
      const path = ["kubernetes", "version"];
      return warning("kubernetes/known-bug", `kubeadm ${version} ${message}`, path, `${hint}\n${see}`);
    });
};
