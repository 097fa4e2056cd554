import { DataTypes, Sequelize } from 'sequelize';
import { accessOf } from './access.js';

export const name = 'Sequelize replication';
export const packages = ['sequelize'];

const OPTIONS = { dialect: 'postgres', logging: false, pool: { max: 10, min: 0 } };
const login = ({ host, port, user, password, database }) => ({
  host,
  port,
  username: user,
  password,
  database,
});

function access(sequelize) {
  const columns = { id: { type: DataTypes.INTEGER, primaryKey: true }, version: DataTypes.DOUBLE };
  const options = { timestamps: false };
  const posts = sequelize.define('posts', columns, { ...options, tableName: 'posts' });
  const seen = { ...columns, port: DataTypes.INTEGER };
  const seenPosts = sequelize.define('seen_posts', seen, { ...options, tableName: 'seen_posts' });
  return accessOf({
    read: (id) => seenPosts.findByPk(id),
    write: (id, version) => posts.update({ version }, { where: { id } }),
  });
}

export async function plain(connection) {
  return access(new Sequelize({ ...OPTIONS, ...login(connection) }));
}

export async function routed({ master, slaves }) {
  const replication = { write: login(master), read: Object.values(slaves).map(login) };
  return access(new Sequelize({ ...OPTIONS, replication }));
}
