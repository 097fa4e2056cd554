/** What to type to see where queries go. */
export function thingsToTry(url: string): string {
  return `
A message board on a replicated database: ${url}
Open it in a browser: hold the slaves back, kill one, and see what two clients get.

In another terminal; the header Database-Engine of each answer tells who served it, and why:
  curl -i ${url}/posts                                  a slave
  curl -i ${url}/posts -d author=Ann -d text=Hello      the master: it writes, and then reads what it wrote
  curl -i ${url}/posts/1                                a slave
  curl -i ${url}/posts/1 -X PATCH -d text=Changed       the master
  curl -i '${url}/posts?m=1'                            the master: the parameter asks for it
  curl -i ${url}/posts/fresh                            the master: @WithEngine('master')
  curl -i ${url}/posts/report                           a slave: a read-only transaction
  curl -i ${url}/posts/1 -X DELETE                      the master

Ctrl-C stops it, and prints which reads went to slaves. DATABASE_MODE=shadow with a DATABASE_MASTER_URL of yours says which would.
`;
}
