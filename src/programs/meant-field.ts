// Which field of kubeadm's, the kubelet's or kube-proxy's an unknown one was probably meant to be. kubeadm itself knows the names of all of
// them, and says whether one has a place there: no list of ours grows old. Pure.
import { nearest } from "../did-you-mean.ts";
import type { Path } from "../diagnostic.ts";
import type { Json, JsonValue } from "../model.ts";

/**
 * Names of fields in a Go program: encoding/json reads them from tags of struct types, which are in every binary
 * (https://pkg.go.dev/encoding/json#Marshal).
 */
export const fieldNames = (program: Uint8Array): ReadonlySet<string> =>
  new Set(
    Array.from(
      Buffer.from(program.buffer, program.byteOffset, program.byteLength)
        .toString("latin1")
        .matchAll(/json:"(\w+)[",]/g),
      ([, name = ""]) => name,
    ),
  );

const mostTried = 5;

/** The nearest first. */
export const candidates = (name: string, known: ReadonlySet<string>): readonly string[] => {
  const left = new Set(known);
  left.delete(name);
  const found: string[] = [];
  while (found.length < mostTried) {
    const next = nearest(name, left);
    if (next === undefined) break;
    found.push(next);
    left.delete(next);
  }
  return found;
};

/** The document with another name for the key at the path; all as it was where there is none. */
export const renamed = (document: JsonValue, [step, ...rest]: Path, name: string): JsonValue => {
  if (typeof document !== "object" || document === null || step === undefined) return document;
  if (Array.isArray(document)) {
    return (document as readonly JsonValue[]).map((item, index) => (index === step ? renamed(item, rest, name) : item));
  }
  return Object.fromEntries(
    Object.entries(document as Json).map(([key, value]) => {
      if (key !== step) return [key, value];
      return rest.length === 0 ? [name, value] : [key, renamed(value, rest, name)];
    }),
  );
};
