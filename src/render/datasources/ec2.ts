// An instance of Amazon EC2, or of what speaks like it. Tags could be meta-data of ours, but whoever may list instances reads them: the
// values travel in the user-data.
import type { Datasource } from "./datasource.ts";
import { textAndCompressed, userDataAlone } from "./platform-user-data.ts";

/** Bytes before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html */
const limit = 16_384;

export const ec2: Datasource = {
  name: "ec2",
  files: (seed) =>
    textAndCompressed(seed, userDataAlone(seed), {
      path: "ec2/user-data",
      limit,
      what: "user-data",
      compressed: "gz",
    }),
};
