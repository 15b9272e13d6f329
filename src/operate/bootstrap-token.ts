// Join tokens that the cluster knows: Secrets of kube-system (kubernetes.io, "Authenticating with Bootstrap Tokens").
import { ToolError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Json } from "../model.ts";
import { bootstrapToken } from "../secrets/random-text.ts";
import type { Api } from "./api.ts";

/** What kubeadm lets a joining node do is bound to it (cmd/kubeadm/app/constants, NodeBootstrapTokenAuthGroup). */
export const joiningGroup = "system:bootstrappers:kubeadm:default-node-token";

export interface MintedToken {
  readonly token: string;
  readonly ends: Date;
}

/** As `kubeadm token create` makes it. */
export const tokenSecret = ({ token, ends }: MintedToken, description: string): Json => {
  const [id = "", secret = ""] = token.split(".");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      description,
      "token-id": id,
      "token-secret": secret,
      expiration: `${ends.toISOString().slice(0, 19)}Z`,
      "usage-bootstrap-authentication": "true",
      "usage-bootstrap-signing": "true",
      "auth-extra-groups": joiningGroup,
    },
  };
};

/** Makes a token known to the cluster. Rejects with ToolError. */
export const mintToken = async (
  io: Pick<Io, "random" | "now">,
  api: Api,
  lifetimeMilliseconds: number,
  description: string,
): Promise<MintedToken> => {
  const ends = new Date(Math.floor((io.now().getTime() + lifetimeMilliseconds) / 1000) * 1000);
  // An id that is taken already is one in two thousand million.
  for (let tries = 0; tries < 3; tries += 1) {
    const minted = { token: bootstrapToken(io), ends };
    if (await api.create("/api/v1/namespaces/kube-system/secrets", tokenSecret(minted, description))) return minted;
  }
  throw new ToolError("minting a join token", { tail: "every id that was drawn is taken" });
};
