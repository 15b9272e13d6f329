// What can be wrong with the making of images: what was asked for, the lock, the mirror.
import type { CodeEntries } from "./entry.ts";

export const buildCodes = {
  "build/image-without-role": {
    meaning: "The image that was asked for does not carry the role.",
    cure: "Take another image, or a role that its `image.yaml` names.",
    example: 'the image "tiny" does not carry the role "worker"',
  },
  "build/unknown-image": {
    meaning: "No library has an image of this name, or with `--cluster` no node has it.",
    cure: "Correct the name, or give the library that has it with `--library`.",
    example: 'no image "debian-14"; did you mean "debian-13"?',
  },
  "build/unknown-role": {
    meaning: "No library has a role of this name, or with `--cluster` no node has it.",
    cure: "Correct the name, or give the library that has it with `--library`.",
    example: 'no role "wroker"; did you mean "worker"?',
  },
  "supply/architecture": {
    meaning: "Modules are compiled for the machine's own architecture only.",
    cure: "Take `--from upstream`, or a mirror that was made on a machine of that architecture.",
    example: "modules are compiled for this machine's own architecture, arm64, not for amd64",
  },
} as const satisfies CodeEntries;

export const lockCodes = {
  "lock/digest": {
    meaning: "A part has the locked version and other bytes.",
    cure: "Find out why before you trust it: the same version should never change. Without `--locked` the new bytes are taken and locked.",
    example: "package runc 1.5.2-0kimg1 has another digest than the locked one: 5f3a…, not 91c0…",
  },
  "lock/extra": {
    meaning: "The build needs a part that `kimg.lock` does not have.",
    cure: "Build once without `--locked`, and look at what changed in the lock.",
    example: "not locked, but needed by debian-13 or own: lvm2",
  },
  "lock/malformed": {
    meaning: "`kimg.lock` is not as kimg writes it.",
    cure: "Restore it, or build once without `--locked`.",
    example: "kimg.lock: is no lock file of kimg's",
  },
  "lock/missing": {
    meaning: "`kimg.lock` has a part that this build does not have.",
    cure: "Build once without `--locked`, and look at what changed in the lock.",
    example: "locked, but not in this build: package runc 1.5.2-0kimg1",
  },
  "lock/missing-file": {
    meaning: "`--locked` was given, and the image's folder has no `kimg.lock`.",
    cure: "Build once without it, or put the lock of the build that is to be repeated there.",
    example: "there is no build/images/worker-debian-13-1.37.2-amd64/kimg.lock",
  },
  "lock/version": {
    meaning: "A part has another version than the locked one.",
    cure: "Build once without `--locked` to take the new one.",
    example: "package runc is locked at 1.5.1-0kimg1, but this build has 1.5.2-0kimg1",
  },
} as const satisfies CodeEntries;

export const packerCodes = {
  "packer/missing-file": {
    meaning: "A file that `--var-file` names is not there.",
    cure: "Correct the path: Packer takes files that end in `.pkrvars.hcl` or `.pkrvars.json`.",
    example: "there is no site.pkrvars.hcl",
  },
  "packer/secret-on-command-line": {
    meaning: "A variable that may hold a secret was given on the command line, which everybody on the host sees.",
    cure: "Set `PKR_VAR_name` in the environment, or write it into a file for `--var-file`.",
    example: "password may be a secret, and a command line is seen by all",
  },
  "packer/unknown-builder": {
    meaning: "kimg has no source block for this builder of Packer.",
    cure: "Correct the name, or give the builder's source in the image's `image.yaml`, below `packer.source`.",
    example: 'kimg knows no builder "vsphere-io" of Packer; did you mean "vsphere-iso"?',
  },
} as const satisfies CodeEntries;

export const mirrorCodes = {
  "mirror/exists": {
    meaning: "The folder that the mirror should be made in is not empty.",
    cure: "Name a new folder, or remove this one first.",
    example: "mirror exists and is not empty",
  },
  "mirror/missing": {
    meaning: "The mirror does not have a package or a container image that this build needs.",
    cure: "Make one for this role and image with this kimg.",
    example: "the mirror mirror has no package runc",
  },
  "mirror/not-a-mirror": {
    meaning: "The folder is no mirror, or a damaged one.",
    cure: "`kimg mirror create DIR` makes one; `--mirror DIR` or `kubernetes.mirror` names it.",
    example: "downloads is not a mirror: it has no mirror.lock",
  },
  "mirror/not-named": {
    meaning: "The supply is a mirror, and nothing says which.",
    cure: "Name it with `--mirror DIR` or `kubernetes.mirror`.",
    example: "`from: mirror` needs the mirror's folder",
  },
  "mirror/other-version": {
    meaning: "The mirror holds another version of Kubernetes than the one asked for.",
    cure: "Ask for the one that it holds, or make a mirror of the other.",
    example: "the mirror mirror holds Kubernetes 1.36.3, not 1.37.2",
  },
  "mirror/two-versions": {
    meaning: "Debian's archive moved on while the mirror was made: one package would be in it in two versions.",
    cure: "Make the mirror again with `--refresh`.",
    example: "builds of one image have openssl 3.5.1-1 and 3.5.2-1",
  },
} as const satisfies CodeEntries;
