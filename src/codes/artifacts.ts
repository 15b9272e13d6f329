// What can be wrong with finished artifacts that kimg is to look into, compare or boot.
import type { CodeEntries } from "./entry.ts";

export const artifactCodes = {
  "artifact/damaged": {
    meaning: "The file begins as an artifact does, and then is none.",
    cure: "Make or fetch it again. `sha256sum -c SHA256SUMS` beside an image tells whether it is as it was made.",
    example: "worker.qcow2 is damaged: its partition table is torn",
  },
  "artifact/missing": {
    meaning: "There is no file or folder of this name.",
    cure: "Correct the path. Images are below `build/images/`, seeds below `build/<cluster>/`.",
    example: "there is no build/images/worker.qcow2",
  },
  "artifact/unknown": {
    meaning: "The file or folder is no artifact that kimg can look into.",
    cure: "Give an image (qcow2, raw, tar), a seed (folder, ISO), a rendered tree, or the folder of a build.",
    example: "notes.pdf is nothing that kimg knows",
  },
  "boot/no-disk": {
    meaning: "What should be booted holds no disk.",
    cure: "Give a qcow2 or raw disk, or the folder of a build with one.",
    example: "build/images/worker-debian-13-1.37.2-amd64 holds no disk to boot",
  },
  "boot/no-seed": {
    meaning: "What was given as the seed is none, or one that only a platform can give to a machine.",
    cure: "Give the folder of a node below `build/<cluster>/`, or one of `nocloud.iso`, `nocloud.img`, `config-drive.iso` and `nocloud-http/` in it.",
    example: "build/prod/cp1 is a seed for ec2, which QEMU cannot present",
  },
  "diff/unlike": {
    meaning: "The two are of different kinds, so that nothing can be said of their differences.",
    cure: "Give two clusters, two rendered trees, two seeds, two images, or two folders of `kimg build`.",
    example: "cluster.yaml is of kind text, and worker.qcow2 of kind qcow2",
  },
} as const satisfies CodeEntries;
