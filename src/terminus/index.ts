export { DatabaseRoutingHealthIndicator } from './database-routing.health-indicator.js';
