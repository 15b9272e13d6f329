// What Packer says about `packer.source` of an image.yaml, at the field that caused it.
import { posix } from "node:path";
import { readText } from "../config/read-file.ts";
import { parseSource, place } from "../config/source.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Image } from "../model.ts";
import type { JudgedSource, NotAsked, PackerAnswers } from "../programs/ask-packer.ts";

const refused = ({ image, builder, said }: JudgedSource): readonly Diagnostic[] =>
  said.map(({ path, message, at }) => ({
    ...{ severity: "error", code: "program/packer", message: `Packer refuses this: ${message}` },
    ...{ path: ["packer", "source", builder, ...path], ...(at === undefined ? {} : { at }) },
    hint: `in the source of ${builder} that \`kimg packer\` writes for the image ${image.name}; \`packer version\` says which Packer was asked`,
  }));

const unasked = ({ builder, why, hint }: NotAsked): Diagnostic => ({
  ...{ severity: "warning", code: "program/not-asked", message: `Packer was not asked about this: ${why}` },
  ...{ path: ["packer", "source", builder], at: "key" },
  ...(hint === undefined ? {} : { hint }),
});

const inImage = async (
  io: Io,
  { folder }: Image,
  diagnostics: readonly Diagnostic[],
): Promise<readonly Diagnostic[]> => {
  const file = posix.join(folder, "image.yaml");
  const { text = "" } = await readText(io.files, file);
  const { source } = parseSource(text, file);
  return source === undefined ? diagnostics : place(diagnostics, source);
};

/** Placed in the image.yaml of each image. */
export const packerDiagnostics = async (
  io: Io,
  { judged, notAsked }: PackerAnswers,
): Promise<readonly Diagnostic[]> => {
  const parts = [
    ...judged.map((each) => ({ image: each.image, diagnostics: refused(each) })),
    ...notAsked.map((each) => ({ image: each.image, diagnostics: [unasked(each)] })),
  ];
  const placed = await Promise.all(parts.map(({ image, diagnostics }) => inImage(io, image, diagnostics)));
  return placed.flat();
};
