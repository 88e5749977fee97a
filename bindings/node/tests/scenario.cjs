// A skill named `tried`, a workspace, and a runtime over them.
'use strict';

const { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');

const { OpenSkillRuntime } = require('@openskills/runtime');

// Where tests/run.mjs was started from.
const repository = process.env.OPENSKILLS_REPOSITORY;
const target = process.env.OPENSKILLS_TARGET;
// That of all tests of the repository: what one of them compiled, no other has to.
const cacheDir = join(target, 'tmp', 'test-cache');

const made = [];
process.on('exit', () => made.forEach((root) => rmSync(root, { recursive: true, force: true })));

/** A folder that is gone when the tests are. */
function folder() {
  const root = mkdtempSync(join(tmpdir(), 'openskills-tried-'));
  made.push(root);
  return root;
}

function scenario({ guest = 'echo', allowedTools, name = 'tried', files = {} } = {}) {
  const root = folder();
  const skills = join(root, 'skills');
  const workspace = join(root, 'workspace');
  mkdirSync(join(skills, name, 'wasm'), { recursive: true });
  mkdirSync(workspace);
  const tools = allowedTools === undefined ? '' : `allowed-tools: "${allowedTools}"\n`;
  const text = `---\nname: ${name}\ndescription: A skill that is tried.\n${tools}---\n\nInstructions for $0.\n`;
  writeFileSync(join(skills, name, 'SKILL.md'), text);
  cpSync(join(target, 'guests', `${guest}.wasm`), join(skills, name, 'wasm', 'skill.wasm'));
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), contents);
  }
  const runtime = (options = {}) => {
    const made = new OpenSkillRuntime({ skillsDir: skills, workspace, cacheDir, environment: {}, ...options });
    made.loadSkills();
    return made;
  };
  return { root, skills, workspace, runtime };
}

module.exports = { cacheDir, folder, repository, scenario, target };
