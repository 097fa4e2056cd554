import { join } from 'node:path';
import ts from 'typescript';

/**
 * Compiles the app in a folder and prints what the compiler says of the files in there. Other packages are linked, and so
 * lie outside: their declarations are not ours to mend, and checking them takes five times as long.
 */
const [, , folder] = process.argv;
const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (fault) => report([fault]) };
const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(
  join(folder, 'tsconfig.json'),
  undefined,
  host,
);
const program = ts.createProgram(fileNames, options);
const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${folder}/`));
report([
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...ours.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]),
  // One by one: to emit all at once is to check all.
  ...program.getRootFileNames().flatMap((name) => program.emit(program.getSourceFile(name)).diagnostics),
]);

function report(faults) {
  const lines = {
    getCurrentDirectory: () => folder,
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  };
  process.stdout.write(ts.formatDiagnostics(faults, lines));
}
