// Run by the image of MongoDB at the first start of an empty store: a user per service, with rights on its own database alone.
const { readFileSync } = require("fs");

for (const service of ["intake", "scheduling", "notifications", "reporting"]) {
  const pwd = readFileSync(`/run/secrets/password_of_${service}`, "utf8").trim();
  db.getSiblingDB(service).createUser({ user: service, pwd, roles: [{ role: "readWrite", db: service }] });
}
