import { describe, expect, it } from "vitest";
import { tokenUrl } from "./registry.ts";

describe("tokenUrl", () => {
  it("is the challenge's realm with its service and scope", () => {
    const challenge =
      'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:flannel-io/flannel:pull"';
    expect(tokenUrl(challenge)).toBe(
      "https://ghcr.io/token?service=ghcr.io&scope=repository%3Aflannel-io%2Fflannel%3Apull",
    );
  });

  it("keeps what the realm asks for already", () => {
    expect(tokenUrl('bearer realm="https://auth.example/t?account=a", service="s"')).toBe(
      "https://auth.example/t?account=a&service=s",
    );
  });

  it.each(['Basic realm="https://x"', "", "Bearer", 'Bearer realm="nowhere"'])("is undefined for %j", (challenge) => {
    expect(tokenUrl(challenge)).toBeUndefined();
  });
});
