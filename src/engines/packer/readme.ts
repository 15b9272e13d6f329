// The README of a directory: what is in it and how it is used, in ten lines or so.
import { imageName } from "../../manifest.ts";
import type { BuildRequest } from "../../model.ts";
import { missingValues } from "./builders/builder.ts";
import type { DirectoryRequest } from "./directory-request.ts";

const fence = "```";

/** Of the user's own. */
const valuesFile = "my.pkrvars.hcl";

const commands = ({ builder, builders }: DirectoryRequest): readonly string[] => {
  const values = missingValues(builder).length === 0 ? "" : ` -var-file=${valuesFile}`;
  return [
    ...(builder.key === "platform" ? [] : ["sh new-key.sh"]),
    ...(builders === "bundled" ? [] : ["packer init ."]),
    `packer validate${values} .`,
    `packer build${values} .`,
  ];
};

const aboutValues = ({ builder }: DirectoryRequest): string => {
  const missing = missingValues(builder);
  return missing.length === 0
    ? "Every variable has a value; `-var NAME=VALUE` gives it another."
    : `Write \`${valuesFile}\` first, with a line \`NAME = "VALUE"\` for ${missing.join(", ")}.`;
};

export const readme = (asked: DirectoryRequest): string => {
  const { request, builder } = asked;
  const key =
    builder.key === "platform" ? "Packer makes a key for each build" : "`new-key.sh` makes the key of one build";
  return `# ${imageName(request)} by ${builder.name}

Makes ${builder.purpose}. Rendered by \`kimg packer\`, for Packer ${asked.builders === "bundled" ? "1.6" : "1.7 or later"}; run in this folder:

${fence}sh
${commands(asked).join("\n")}
${fence}

${aboutValues(asked)} \`variables.pkr.*\` describes them all. Credentials: ${builder.credentials}; none belong into these files.
${key}; its user is removed from the image at the end.
\`steps/\` and \`files/\` are what kimg's own engine uses, \`supply/\` is what it made. Where \`supply/\` has no more than its README, the same
\`kimg packer\` without \`--template-only\` fills it.
`;
};

export const supplyReadme = ({ kubernetes, role }: BuildRequest): string =>
  `Kubernetes ${kubernetes.version} for the role ${role.name}: \`packages/\` (an apt repository), \`containerd.tar\` (container images, as containerd has them
on its disk), \`image.json\`, and \`distribution/\` where the build is from a mirror. After \`kimg packer --template-only\` nothing of it is here:
the same command without \`--template-only\` fills this folder.
`;
