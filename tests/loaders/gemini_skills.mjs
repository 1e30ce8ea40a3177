// usage: node gemini_skills.mjs BUNDLE FOLDER   the names of the skills that Gemini CLI's own loader finds, one a line
import fs from 'node:fs';
import path from 'node:path';

const [bundle, folder] = process.argv.slice(2);
const files = fs.readdirSync(bundle).filter((name) => /^core-.*\.js$/.test(name)).map((name) => path.join(bundle, name));
for (const file of files) {
  const core = await import(file);
  if (!core.loadSkillsFromDir) continue;
  for (const skill of await core.loadSkillsFromDir(folder)) console.log(skill.name);
  break;
}
process.exit(0);
