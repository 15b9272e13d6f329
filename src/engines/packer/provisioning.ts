// The provisioners of a template: uploads, then scripts in order. Those of the image and of the role are the embedded engine's, file for
// file. Pure.
import type { BuildRequest, FileTree } from "../../model.ts";
import { contentSteps, namePattern, stepEnvironment } from "../provisioning-steps.ts";
import { mergeTrees } from "../disk/file-tree-archive.ts";
import { type Builder, buildUser } from "./builders/builder.ts";
import * as scripts from "./scripts.ts";
import { type Attributes, expression, type Step, template } from "./template/template.ts";

/** A script of the template's `steps/`. */
interface Script {
  readonly file: string;
  readonly script: string;
}

const numbered = (named: readonly (readonly [name: string, script: string])[]): Script[] =>
  named.map(([name, script], index) => ({ file: `steps/${String(index + 1).padStart(2, "0")}-${name}.sh`, script }));

/** `images/common/steps/20-containerd.sh` → `containerd`. */
const plainName = (source: string): string => source.replace(/^.*\//, "").replace(/^\d+-|\.sh$/g, "");

const allScripts = (request: BuildRequest): Script[] =>
  numbered([
    ["sources", scripts.sources],
    ["packages", scripts.packages],
    ["record", scripts.record],
    ["files", scripts.files],
    ...contentSteps(request).map(({ source, script }) => [plainName(source), script] as const),
    ["container-images", scripts.containers],
    ["seal", scripts.seal],
  ]);

const contentFiles = ({ image, role }: BuildRequest): FileTree => mergeTrees(image.files, role.files);

/** Beside the template: the image's and the role's files, and the scripts. */
export const provisioningFiles = (request: BuildRequest): FileTree => {
  const { image } = request;
  return new Map([
    ...[...contentFiles(request)].map(([path, entry]) => [`files/${path}`, entry] as const),
    ["sources.list", { mode: 0o644, bytes: Buffer.from(`${image.sources.join("\n")}\n`) }],
    ...allScripts(request).map(({ file, script }) => [file, { mode: 0o755, bytes: Buffer.from(script) }] as const),
  ]);
};

const here = (path: string) => template(`\${path.root}/${path}`);

const environment = (request: BuildRequest, builder: Builder, sandboxImage: string): Attributes[string] => {
  const { image, role } = request;
  const wanted = [...image.packages, ...role.components, ...role.packages, ...builder.packages];
  const fixed = {
    ...stepEnvironment(request, sandboxImage),
    KIMG_PACKAGES: [...new Set(wanted)].join(" "),
    KIMG_SUPPLIED: namePattern(role.components),
    DEBIAN_FRONTEND: "noninteractive",
    LC_ALL: "C.UTF-8",
  };
  return [
    ...Object.entries(fixed).map(([name, value]) => `${name}=${value}`),
    ...[template("KIMG_DEBIAN_MIRROR=${var.debian_mirror}"), template("KIMG_UPGRADE=${var.upgrade_packages}")],
    ...[template("http_proxy=${var.http_proxy}"), template("https_proxy=${var.http_proxy}")],
  ];
};

const asRoot = "sudo -n env {{ .Vars }} sh -e {{ .Path }}";

const uploadStep = (why: string, path: string): Step => ({
  type: "file",
  why,
  attributes: { source: here(path), destination: `${scripts.upload}/${path.includes(".") ? path : ""}` },
});

const buildUserOf = (source: Attributes): Attributes[string] => source["ssh_username"] ?? buildUser;

/** `source`: what the builder says, of which the user of the build is wanted. */
export const provisioners = (
  request: BuildRequest,
  builder: Builder,
  source: Attributes,
  sandboxImage: string,
): readonly Step[] => {
  const files = allScripts(request).map(({ file }) => file);
  const user = buildUserOf(source);
  return [
    {
      type: "shell",
      why: "The machine is up, and cloud-init done with it.",
      attributes: {
        inline: ["cloud-init status --wait >/dev/null 2>&1 || true", `mkdir -p ${scripts.upload}`],
      },
    },
    // Packer refuses to upload a folder that is not there.
    ...(contentFiles(request).size === 0 ? [] : [uploadStep("What is copied onto / as it is.", "files")]),
    uploadStep("Packages and container images; supply/README.md says where they come from.", "supply"),
    uploadStep("Debian's archive, as the nodes will ask it.", "sources.list"),
    {
      type: "shell",
      why: "The provisioning steps, in this order, as root.",
      attributes: {
        environment_vars: environment(request, builder, sandboxImage),
        execute_command: asRoot,
        scripts: files.slice(0, -1).map(here),
      },
    },
    {
      type: "file",
      why: "Which packages of Debian are in the image, for kimg.lock.",
      attributes: {
        direction: "download",
        source: `${scripts.upload}/packages.txt`,
        destination: template("${var.work_directory}/packages.txt"),
      },
    },
    {
      type: "shell",
      why: "Nothing of this machine and of this build stays.",
      attributes: {
        environment_vars: [
          typeof user === "string" ? `KIMG_BUILD_USER=${user}` : expression('"KIMG_BUILD_USER=${build.User}"'),
        ],
        execute_command: asRoot,
        script: here(files.at(-1) ?? ""),
      },
    },
    ...(builder.powerOff === "guest" ? [] : [removeUser]),
  ];
};

/** The platform switches the machine off afterwards. Nothing can be asked of the machine any more, not even to remove this script. */
const removeUser: Step = {
  type: "shell",
  why: "The user of the build, last of all.",
  attributes: { inline: ["sudo -n sh /run/kimg/finish.sh"], skip_clean: true, expect_disconnect: true },
};

export const postProcessors: readonly Step[] = [
  {
    type: "manifest",
    why: "What came out, for programs.",
    attributes: { output: template("${var.work_directory}/packer-manifest.json"), strip_path: true },
  },
];
