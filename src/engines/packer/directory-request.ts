// What is asked for: one directory that Packer builds one image from.
import type { BuildRequest, TemplateForm } from "../../model.ts";
import type { Builder, BuilderSupply } from "./builders/builder.ts";

export interface DirectoryRequest {
  readonly request: BuildRequest;
  readonly builder: Builder;
  readonly form: TemplateForm;
  /** `bundled`: for Packer 1.6, without a file that it refuses and without fields that its builders do not know. */
  readonly builders: BuilderSupply;
  /** Full name of the pause image; empty for a role without pods. */
  readonly sandboxImage: string;
}
