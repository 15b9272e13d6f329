// `from: upstream`: what upstream itself publishes, verified. Owns the order: what every name stands for is asked first, which is
// little and finds whatever is missing; then the files are fetched by digest. Must not know what the parts are put into.
import type { Cache } from "../../edge/cache.ts";
import type { Io } from "../../edge/io.ts";
import type { LockEntry } from "../../model.ts";
import type { IndexedPackage } from "../apt-index.ts";
import type { Parts } from "../assembly.ts";
import { mapLimited } from "../../concurrency.ts";
import { splitReference } from "../image-reference.ts";
import type { Descriptor } from "../oci-layout.ts";
import type { PackingOptions, StoredImage, StoredPackage } from "../packing.ts";
import type { ChosenImage, ChosenPackage, Selection } from "../selection.ts";
import { type Access, openAccess } from "./access.ts";
import { getFile } from "./get.ts";
import { takeImage, topOf } from "./image.ts";
import { archiveSha256, packArchive, type ReleaseArchive } from "./release-archive.ts";
import { remembered } from "./remembered.ts";
import { choosePackage, readSignedRepository, type SignedRepository } from "./signed-repository.ts";

/** Polite to the hosts, and enough to fill a line. */
const atOnce = 4;

type Taken<T> = { readonly stored: T; readonly entry: LockEntry };

/** Where upstream has a package: in a repository, as it is, or as an archive of programs. */
type Place = { readonly repository: SignedRepository } | { readonly archive: ReleaseArchive };

const placeOf = ({ name, component }: ChosenPackage): Place => {
  const { repository: url, signedBy, archive } = component.upstream;
  if (archive !== undefined) return { archive };
  if (url === undefined || signedBy === undefined)
    throw new Error(`component ${component.name} does not say where ${name} is`);
  return { repository: { url, signedBy } };
};

/** Something small at every host that will be asked. */
export const firstUrls = ({ packages, images }: Selection): string[] => [
  ...packages
    .map(placeOf)
    .map((place) => ("archive" in place ? place.archive.checksums : `${place.repository.url}InRelease`)),
  ...images.map(({ name }) => `https://${name.slice(0, name.indexOf("/"))}/v2/`),
];

type Ask = (chosen: ChosenPackage, repository: SignedRepository) => Promise<IndexedPackage>;

/** What upstream has of a package. A repository is read once, whatever the number of packages from it. */
const repositoryReader = (access: Access, { architecture }: PackingOptions): Ask => {
  const read = new Map<string, ReturnType<typeof readSignedRepository>>();
  return ({ name, component: { version } }, repository) => {
    const wanted = { name, version, architecture };
    const { url, signedBy } = repository;
    return remembered(access, url, { signedBy, ...wanted }, async () => {
      const from = `${signedBy} ${url}`;
      const packages = read.get(from) ?? readSignedRepository(access, repository);
      read.set(from, packages);
      return choosePackage(await packages, wanted, repository);
    });
  };
};

const takePackage = async (
  access: Access,
  repository: SignedRepository,
  indexed: IndexedPackage,
): Promise<Taken<StoredPackage>> => {
  const { name, version, control, sha256, size } = indexed;
  const url = `${repository.url}${indexed.fileName}`;
  const fileName = `${name}_${version}_${indexed.architecture}.deb`;
  const path = await getFile(access, { url, name: fileName, sha256, size });
  return {
    stored: { path, fileName, control, sha256, size, version },
    entry: { kind: "package", name, version, source: url, sha256 },
  };
};

const takeArchive = async (
  access: Access,
  chosen: ChosenPackage,
  archive: ReleaseArchive,
  options: PackingOptions,
): Promise<Taken<StoredPackage>> => {
  const { stored, sha256 } = await packArchive(access, chosen, archive, options);
  const source = `${archive.url} sha256:${sha256}`;
  const { name } = chosen;
  return { stored, entry: { kind: "package", name, version: stored.version, source, sha256: stored.sha256 } };
};

const takeNamedImage = async (
  access: Access,
  chosen: ChosenImage,
  top: Descriptor,
  { architecture }: PackingOptions,
): Promise<Taken<StoredImage>> => {
  const { repository, tag } = splitReference(chosen.name);
  const stored = await takeImage(access, chosen, top, architecture);
  const sha256 = stored.descriptor.digest.replace("sha256:", "");
  const source = `${repository}@${top.digest}`;
  return { stored, entry: { kind: "container-image", name: repository, version: tag, source, sha256 } };
};

type Take<T> = () => Promise<Taken<T>>;

/** Asks what each name stands for. What is returned fetches it. */
const askForAll = async (access: Access, selection: Selection, options: PackingOptions) => {
  const ask = repositoryReader(access, options);
  const packages = await mapLimited(selection.packages, atOnce, async (chosen): Promise<Take<StoredPackage>> => {
    const place = placeOf(chosen);
    if ("archive" in place) {
      await archiveSha256(access, place.archive);
      return () => takeArchive(access, chosen, place.archive, options);
    }
    const indexed = await ask(chosen, place.repository);
    return () => takePackage(access, place.repository, indexed);
  });
  const images = await mapLimited(selection.images, atOnce, async (chosen): Promise<Take<StoredImage>> => {
    const top = await topOf(access, chosen);
    return () => takeNamedImage(access, chosen, top, options);
  });
  return { packages, images };
};

/** What upstream signs in a way that kimg verifies is not worth a word; the rest is said, once, when it is new. */
const trustNote = ({ packages, images }: Selection): string | undefined => {
  const archives = packages.filter(({ component }) => component.upstream.archive !== undefined).map(({ name }) => name);
  const tags = images.filter(({ name, component }) => component.upstream.digests[name] === undefined);
  const unsigned = [...archives, ...tags.map(({ name }) => name)];
  if (unsigned.length === 0) return undefined;
  return (
    "not verified by a signature: which digests these have was asked over TLS only; kimg.lock has the digests, " +
    `and --locked insists on them: ${unsigned.join(", ")}`
  );
};

/** Fetches and verifies a selection. Rejects with ToolError when a host cannot be reached or something is not what it should be. */
export const partsFromUpstream = async (
  io: Io,
  cache: Cache,
  selection: Selection,
  options: PackingOptions,
): Promise<Parts> => {
  const access = openAccess(io, cache, firstUrls(selection));
  return io.progress.stage("fetching from upstream", async (stage) => {
    stage.detail("asking what there is");
    const found = await askForAll(access, selection, options);
    const note = access.asked() ? trustNote(selection) : undefined;
    if (note !== undefined) io.progress.note(note);
    const total = found.packages.length + found.images.length;
    let done = 0;
    const take = async <T>(use: Take<T>): Promise<Taken<T>> => {
      const taken = await use();
      done += 1;
      stage.detail(`${done} of ${total}: ${taken.entry.name}`);
      return taken;
    };
    const packages = await mapLimited(found.packages, atOnce, take<StoredPackage>);
    const images = await mapLimited(found.images, atOnce, take<StoredImage>);
    if (!access.asked()) stage.reused();
    return {
      packages: packages.map(({ stored }) => stored),
      images: images.map(({ stored }) => stored),
      lock: [...packages, ...images].map(({ entry }) => entry),
    };
  });
};
