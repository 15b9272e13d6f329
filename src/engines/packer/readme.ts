// The README of a directory: what is in it and how it is used, in ten lines or so.
import { imageName } from "../../manifest.ts";
import type { BuildRequest } from "../../model.ts";
import type { DirectoryRequest } from "./directory-request.ts";

const fence = "```";

const variablesToGive = ({ builder }: DirectoryRequest): string => {
  const names = builder.variables.filter((each) => each.default === undefined).map(({ name }) => `\`${name}\``);
  return names.length === 0 ? "Every variable has a value" : `Give a value to ${names.join(", ")}`;
};

const commands = ({ builder, builders }: DirectoryRequest): readonly string[] => [
  ...(builder.key === "platform" ? [] : ["sh new-key.sh"]),
  ...(builders === "bundled" ? [] : ["packer init ."]),
  "packer validate -var-file=my.pkrvars.hcl .",
  "packer build -var-file=my.pkrvars.hcl .",
];

export const readme = (asked: DirectoryRequest): string => {
  const { request, builder } = asked;
  const key =
    builder.key === "platform" ? "Packer makes a key for each build" : "`new-key.sh` makes the key of one build";
  return `# ${imageName(request)} by ${builder.name}

Makes ${builder.purpose}. Rendered by \`kimg packer\`, for Packer ${asked.builders === "bundled" ? "1.6" : "1.7 or later"}; run in this folder:

${fence}sh
${commands(asked).join("\n")}
${fence}

${variablesToGive(asked)}; \`variables.pkr.*\` describes them all. Credentials: ${builder.credentials}. None belong into these files.
${key}; its user is removed from the image at the end. \`steps/\` and \`files/\` are what kimg's own engine uses, \`supply/\` is what it made.
`;
};

export const supplyReadme = ({ kubernetes, role }: BuildRequest): string =>
  `Kubernetes ${kubernetes.version} for the role ${role.name}, filled in by \`kimg packer\`: \`packages/\` (an apt repository), \`containerd.tar\`
(container images, as containerd has them on its disk), \`image.json\`, and \`distribution/\` where the build is from a mirror.
`;
