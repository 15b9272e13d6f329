// A seed on disk → what a machine in QEMU is given of it: a drive, or files over HTTP and a serial number that leads to them.
import { basename, dirname, join } from "node:path";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { type Machine, servedAt } from "../emulator/machine.ts";
import { kindOfFile, pathOf } from "../inspect/artifact-kind.ts";
import { datasourceNames } from "../model.ts";
import { nocloudAt } from "../render/datasources/nocloud-http.ts";
import { iso9660 } from "../render/iso9660.ts";

export type PresentedSeed = Pick<Machine, "seed" | "served" | "serial">;

/** Files in a node's folder; the first that is there is taken. */
const drives = ["nocloud.iso", "nocloud.img", "config-drive.iso"] as const;
const servedFolder = "nocloud-http";

interface Volume {
  readonly label: string;
  /** Paths below the folder, without which cloud-init takes no seed. */
  readonly needed: readonly string[];
  readonly others: readonly string[];
}

const openstack = (name: string): string => `openstack/latest/${name}`;

/** Folders that are a drive's content. */
const volumes: readonly Volume[] = [
  { label: "CIDATA", needed: ["meta-data", "user-data"], others: ["network-config"] },
  {
    label: "CONFIG-2",
    needed: [openstack("meta_data.json")],
    others: [openstack("network_data.json"), openstack("user_data")],
  },
];

const presentable = `QEMU presents ${drives.join(", ")} and ${servedFolder}/ of a node's folder`;

const refusal = (given: string, ...places: readonly (readonly string[])[]): DiagnosticError => {
  const forms = places
    .map((names) => datasourceNames.filter((form) => names.includes(form)))
    .find(({ length }) => length > 0);
  const message =
    forms === undefined
      ? `${given} is no seed`
      : `${given} is a seed for ${forms.join(", ")}, which QEMU cannot present`;
  const hint = `${presentable}; \`kimg render --datasource nocloud\` makes the first`;
  return new DiagnosticError([{ severity: "error", code: "boot/no-seed", message, hint }]);
};

interface DriveContent {
  readonly label: string;
  /** Below the folder. */
  readonly paths: readonly string[];
}

const driveContent = async (io: Io, folder: string): Promise<DriveContent | undefined> => {
  const isThere = async (path: string): Promise<boolean> => (await io.files.status(join(folder, path))) !== undefined;
  const contents = volumes.map(async ({ label, needed, others }) => {
    const paths = [...needed, ...others].toSorted();
    const there = await Promise.all(paths.map(isThere));
    return { label, needed, paths: paths.filter((_, index) => there[index]) };
  });
  return (await Promise.all(contents)).find(({ needed, paths }) => needed.every((path) => paths.includes(path)));
};

/** Made in `scratch`, readable by its owner only. */
const makeDrive = async (io: Io, folder: string, { label, paths }: DriveContent, scratch: string): Promise<string> => {
  const files = paths.map(async (name) => ({ name, mode: 0o400, bytes: await io.files.read(join(folder, name)) }));
  const iso = join(scratch, "seed.iso");
  await io.files.write(iso, iso9660(label, await Promise.all(files)), 0o600);
  return iso;
};

const overHttp = (folder: string): PresentedSeed => ({ served: folder, serial: nocloudAt(servedAt) });

const presentFolder = async (io: Io, given: string, folder: string, scratch: string): Promise<PresentedSeed> => {
  const names = await io.files.list(folder);
  const drive = drives.find((name) => names.includes(name));
  if (drive !== undefined) return { seed: join(folder, drive) };
  if (names.includes(servedFolder)) return overHttp(join(folder, servedFolder));
  const content = await driveContent(io, folder);
  if (content === undefined) throw refusal(given, [basename(folder)], names);
  return basename(folder) === servedFolder ? overHttp(folder) : { seed: await makeDrive(io, folder, content, scratch) };
};

/**
 * `given`: a node's folder of `kimg render`, one form in it, or any other seed for a drive, as volume or folder. Rejects with
 * DiagnosticError for what is no seed, and for one that comes from a platform.
 */
export const presentSeed = async (io: Io, given: string, scratch: string): Promise<PresentedSeed> => {
  const path = await pathOf(io, given);
  if ((await io.files.status(path))?.kind === "directory") return presentFolder(io, given, path, scratch);
  const kind = await kindOfFile(io, path);
  if (kind === "iso" || kind === "vfat") return { seed: path };
  throw refusal(given, [basename(dirname(path))]);
};
