// The verbs that look and change nothing: what a cluster comes to, how two things differ, what an artifact holds, how an image boots,
// what a host lacks.
import { type Command, InvalidArgumentError } from "commander";
import { milestones } from "./commands/boot.ts";
import { firmwares } from "./emulator/machine.ts";
import { graphFormats } from "./explain/graph.ts";
import { collect, libraryOption, oneOf, suggesting } from "./program-options.ts";

const addExplain = (program: Command): void => {
  program
    .command("explain")
    .summary("what each node is told, and who waits for whom")
    .description(
      "Says for a node or pool, or for the whole cluster: what its seed tells it, its labels and taints, which files are written, whom it waits for, on which nodes each secret lies and in which files, and how much of their platform's limit the seeds take. Needs no secrets file and shows no secret: sizes are measured with throwaway keys.",
    )
    .argument("[node]", "a node or pool of the cluster; the whole of it when not given")
    .option("--cluster <cluster.yaml>", "the cluster's description", "cluster.yaml")
    .addOption(libraryOption())
    .addOption(
      oneOf("--format <form>", "text, JSON, or who waits for whom as a graph", [
        "text",
        "json",
        ...graphFormats,
      ]).default("text"),
    );
};

const diffHelp = `
Exit codes: 0 the same, 1 they differ (or input was refused: then nothing but the complaint is printed), 3 something could not be read.`;

const addDiff = (program: Command): void => {
  program
    .command("diff")
    .summary("how two clusters, rendered trees, images or seeds differ")
    .description(
      "Compares two of a kind: cluster.yaml files, once resolved; folders of `kimg render`; seeds; folders of `kimg build`, by their locks; images (qcow2, raw, tar, in any pairing), by packages, versions, and each file's owner, permissions and content. Says that a secret differs, never what it is.",
    )
    .argument("<a>", "a cluster.yaml, folder or image")
    .argument("<b>", "another of the same kind")
    .addOption(libraryOption())
    .addHelpText("after", diffHelp);
};

const addInspect = (program: Command): void => {
  program
    .command("inspect")
    .summary("what an image or a seed holds, without booting it")
    .description(
      "Reads an image (qcow2, raw, tar), a seed (folder, ISO, vfat) or a folder of `kimg build` or `kimg render`: partitions, file systems, what kimg made it from, packages, container images, files. Needs no root, mounts nothing, and shows no secret.",
    )
    .argument("<artifact>", "file or folder")
    .option("--files", "list every file with owner, permissions and SHA-256")
    .option("--packages", "list every distribution package");
};

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };

const bootExamples = `
Examples:
  kimg boot build/images/worker-debian-13-1.37.2-amd64 --seed build/prod/workers --until waiting
  kimg boot disk.raw --firmware uefi --console
  kimg boot IMAGE --seed build/prod/cp1/nocloud-http              served over HTTP to this machine alone
  kimg boot IMAGE --seed SEED --disk my.qcow2 --forward 2222:22   keeps what the machine writes; SSH at port 2222`;

const addBoot = (program: Command): void => {
  program
    .command("boot")
    .summary("boot an image with a seed in QEMU, and follow it")
    .description(
      "Boots an image in QEMU, with KVM where a machine really runs in it and in software emulation elsewhere, and reports what its console says. Image and seed are never written to. The machine's network leads nowhere but to forwarded ports. Ends when the machine does, at --until, after --timeout, or with Ctrl-C.",
    )
    .argument("<image>", "a qcow2 or raw disk, or a folder of `kimg build`")
    .option(
      "--seed <seed>",
      "a node's folder of `kimg render`, or a form in it: nocloud.iso, nocloud.img, config-drive.iso, nocloud-http/; any other ISO or FAT volume, or a folder with its files",
    )
    .addOption(
      suggesting(
        "--until <milestone>",
        "end when the console says this; exit code 1 when it ends without",
        Object.keys(milestones),
      ),
    )
    .option("--timeout <time>", "the most that it may take, such as 20m or 1h")
    .option("--console", "show each line of the serial console")
    .option("--disk <file>", "keep what the machine writes in this qcow2 layer, and boot from it when it is there")
    .addOption(oneOf("--firmware <firmware>", "what starts the machine", firmwares).default("bios"))
    .addOption(
      oneOf("--accel <acceleration>", "auto tries KVM and falls back", ["auto", "kvm", "emulation"]).default("auto"),
    )
    .option("--memory <size>", "such as 3G", "2G")
    .option("--cpus <count>", "processors of the machine", wholeNumber(1, 64), 2)
    .option("--forward <ports>", "HOST:GUEST, a TCP port of 127.0.0.1 into the machine; may be repeated", collect, [])
    .addHelpText("after", bootExamples);
};

const addDoctor = (program: Command): void => {
  program
    .command("doctor")
    .summary("what this host lacks, and the command that installs it")
    .description(
      "Looks at programs, user namespaces, disk space, Node and KVM of this host, for a plain build or for what a cluster.yaml wants. Sends nothing anywhere unless --network says so. Exit code 1 when something needed is missing.",
    )
    .argument("[cluster.yaml]", "look for what this cluster's builds need; a plain build when not given")
    .addOption(libraryOption())
    .option("--network", "ask the package archive and the supply whether they answer");
};

export const addToolCommands = (program: Command): void => {
  addExplain(program);
  addDiff(program);
  addInspect(program);
  addBoot(program);
  addDoctor(program);
};
