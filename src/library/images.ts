// `images/<name>/image.yaml` → Image.
import { posix } from "node:path";
import { z } from "zod";
import { place as placeDiagnostics } from "../config/source.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Image } from "../model.ts";
import type { Place } from "./content.ts";
import { loadFiles, loadSteps } from "./content.ts";
import { readDocument } from "./document.ts";

const aptSource = /^deb(?:-src)? [^\s[]\S* \S+(?: \S+)*$/;

export const filesItem = z
  .union([z.string().min(1), z.strictObject({ from: z.string().min(1), to: z.string().min(1) })], {
    error: "a folder, or a map of from and to",
  })
  .describe("A folder that is copied onto /, or a file or folder (from) and its place (to).");

const packerSchema = z
  .strictObject({
    source: z
      .record(z.string().min(1), z.record(z.string().min(1), z.json()))
      .describe(
        "By a builder's name: fields of its source, over kimg's; the whole source of a builder that kimg does not know.",
      )
      .default({}),
    plugins: z
      .record(z.string().min(1), z.strictObject({ source: z.string().min(1), version: z.string().min(1) }))
      .describe("By a builder's name: where its plugin comes from, and which version.")
      .default({}),
  })
  .describe("What Packer is told beyond kimg's own templates.");

const imageSchema = z
  .strictObject({
    description: z.string().min(1).describe("One line for people."),
    distribution: z.literal("debian").describe("The family of the operating system."),
    suite: z.string().min(1).describe("The distribution's release, by its code name."),
    sources: z
      .array(z.string().regex(aptSource, "a one-line apt source without options: deb URL SUITE COMPONENT…"))
      .min(1)
      .describe("Where its packages come from."),
    architectures: z
      .array(z.enum(["amd64", "arm64"]))
      .min(1)
      .describe("What machines it runs on.")
      .default(["amd64"]),
    roles: z.array(z.string().min(1)).describe("The roles that it can become; all when not given.").default([]),
    packages: z.array(z.string().min(1)).describe("Distribution packages of every node made from it.").default([]),
    files: z.array(filesItem).describe("What is copied into it, before the steps run.").default([]),
    steps: z.array(z.string().min(1)).describe("Shell scripts, run as root inside of it, in this order.").default([]),
    packer: packerSchema.optional(),
    replaces: z
      .boolean()
      .describe("True to take the place of an image of this name in a library before.")
      .default(false),
  })
  .describe("A base image.");

export interface LoadedImage {
  readonly image?: Image;
  readonly replaces: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export const loadImage = async (place: Place): Promise<LoadedImage> => {
  const folder = posix.join(place.roots[0] ?? "", place.folder);
  const { value, source, diagnostics } = await readDocument(place.files, posix.join(folder, "image.yaml"), imageSchema);
  if (value === undefined || source === undefined) return { replaces: false, diagnostics };
  const files = await loadFiles(place, value.files, ["files"]);
  const steps = await loadSteps(place, value.steps, ["steps"]);
  const { replaces, packer, ...rest } = value;
  return {
    image: {
      ...rest,
      ...(packer === undefined ? {} : { packer }),
      ...{ name: posix.basename(folder), folder, files: files.value, steps: steps.value },
    },
    replaces,
    diagnostics: [...diagnostics, ...placeDiagnostics([...files.diagnostics, ...steps.diagnostics], source)],
  };
};
