// The names that a disk carries, made from what is on it: another content gives other names, the same content the same.
import { createHash } from "node:crypto";

const digest = (content: string, what: string): Buffer => createHash("sha256").update(`${what}\0${content}`).digest();

/** RFC 9562, version 8: its bits are the maker's own choice. Lower case. */
export const uuidFrom = (content: string, what: string): string => {
  const bytes = digest(content, what).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

/** A FAT volume's serial number: eight upper-case hex digits. */
export const volumeIdFrom = (content: string, what: string): string =>
  digest(content, what).subarray(0, 4).toString("hex").toUpperCase();
