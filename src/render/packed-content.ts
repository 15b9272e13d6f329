// Contents of cloud-init's write_files as they travel: long ones compressed, since cloud-init reads user-data, several times a boot, at
// some 100 KB a second. Encodings: cloudinit/config/cc_write_files.py.
import { gunzipSync, strFromU8 } from "fflate";
import type { Json, JsonValue } from "../model.ts";
import { base64, gzip, utf8 } from "./bytes.ts";
import { hasMarker } from "./jinja.ts";

/** Characters. Anything shorter stays readable in the seed. */
const longest = 16_384;

/** The file with its content compressed where that helps. Values of the meta-data cannot be filled in by then. */
export const packFile = (file: Json): Json => {
  const { content } = file;
  if (typeof content !== "string" || content.length <= longest || "encoding" in file || hasMarker(content)) return file;
  return { ...file, encoding: "gz+b64", content: base64(gzip(utf8(content))) };
};

const unzipped = (bytes: Uint8Array): Uint8Array | undefined => {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
};

/** The text that cloud-init will write; what cannot be unpacked stays as it is. */
export const unpackContent = (content: string, encoding: JsonValue | undefined): string => {
  const [packing, ...others] = typeof encoding === "string" ? encoding.toLowerCase().split("+") : [];
  const inBase64 = [packing, ...others].some((each) => each === "b64" || each === "base64");
  const bytes = inBase64 ? Buffer.from(content, "base64") : undefined;
  if (bytes === undefined) return content;
  if (packing !== "gz" && packing !== "gzip") return bytes.toString();
  const unpacked = unzipped(bytes);
  return unpacked === undefined ? content : strFromU8(unpacked);
};
