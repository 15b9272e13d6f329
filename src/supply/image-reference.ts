// Names of container images: `registry/path:tag`, or with `@sha256:…`.

export interface ImageReference {
  /** Registry and path, without a tag: `registry.k8s.io/coredns/coredns`. */
  readonly repository: string;
  readonly tag: string;
}

/** A name without a tag means `latest`, as everywhere. */
export const splitReference = (name: string): ImageReference => {
  const [withoutDigest = name] = name.split("@");
  const colon = withoutDigest.lastIndexOf(":");
  if (colon <= withoutDigest.lastIndexOf("/")) return { repository: withoutDigest, tag: "latest" };
  return { repository: withoutDigest.slice(0, colon), tag: withoutDigest.slice(colon + 1) };
};
