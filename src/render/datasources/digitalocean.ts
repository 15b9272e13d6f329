// A droplet of DigitalOcean: user-data is text, which nothing decodes.
import type { Datasource } from "./datasource.ts";
import { userDataAlone } from "./platform-user-data.ts";

/** Bytes: https://github.com/digitalocean/openapi/blob/main/specification/resources/droplets/models/droplet_create.yml, `user_data`. */
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
