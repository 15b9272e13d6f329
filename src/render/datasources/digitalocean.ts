// A droplet of DigitalOcean: user-data is text, which nothing decodes.
import type { Datasource } from "./datasource.ts";
import { userDataAlone } from "./platform-user-data.ts";

/** https://docs.digitalocean.com/reference/api, "Create a New Droplet". */
const limit = 65_536;

export const digitalOcean: Datasource = {
  name: "digitalocean",
  files: (seed) => [
    {
      path: "digitalocean/user-data",
      bytes: userDataAlone(seed),
      budget: { limit, what: "user-data", compressed: false },
    },
  ],
};
