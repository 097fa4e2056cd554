/**
 * Waits until its input ends, which is when its owner closes it or dies of whatever cause, then ends every process of a
 * replication and removes its folder. A shell: Node 20 cannot run the TypeScript that the tests run from, and it is
 * small enough to stand by each replication.
 *
 * It finds processes by the folder's name, which is in the command line of each (in cluster_name, and so in the title
 * of the children). /proc/<pid>/cwd would say the same, but not to a root without CAP_SYS_PTRACE, as in Docker; and
 * slim images have no ps. The folder is in the environment, so that it does not find itself.
 */
export const CLEANUP_SCRIPT = `
while read -r _; do :; done
token=\${ROUTING_FOLDER##*/}
[ -n "$token" ] || exit 1

processes() {
  if [ -r /proc/self/comm ]; then
    grep -lsF -e "$token" /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ pid _; do
      read -r name 2>/dev/null <"/proc/$pid/comm"
      case $name in postgres|initdb) echo "$pid" ;; esac
    done
  else
    ps -A -ww -o pid= -o command= | grep -F -e "$token" | while read -r pid name _; do
      case $name in */postgres|*/initdb|postgres:) echo "$pid" ;; esac
    done
  fi
}

round=0
while [ "$round" -lt 100 ]; do
  round=$((round + 1))
  pids=$(processes)
  if [ -n "$pids" ]; then
    kill -9 $pids 2>/dev/null
    sleep 0.02
    continue
  fi
  for file in "$ROUTING_FOLDER"/*/postmaster.pid; do
    # A killed server leaves its System V segment, of which there are few; line 7 is its key and its id.
    [ -r "$file" ] && ipcrm -m "$(sed -n 's/^ *[0-9]* *\\([0-9]*\\) *$/\\1/;7p' "$file")" 2>/dev/null
  done
  rm -rf "$ROUTING_FOLDER" 2>/dev/null
  [ -z "$(ls -A "$ROUTING_FOLDER" 2>/dev/null)" ] && [ -z "$(processes)" ] && exit 0
  sleep 0.02
done
exit 1
`;
