/** Names for what the API answers, taken from the generated description so that they cannot drift. */
import type { components, paths } from './schema';

type Json<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
  ? Body
  : never;
type Get<Path extends keyof paths> = paths[Path] extends { get: infer Operation } ? Json<Operation> : never;
type Post<Path extends keyof paths> = paths[Path] extends { post: infer Operation } ? Json<Operation> : never;

type Schemas = components['schemas'];

export type Money = Schemas['Money'];
export type Address = Schemas['Address'];
export type Order = Schemas['Order'];
export type PlacedOrder = Schemas['AcceptedOrder'] | Schemas['FinishedOrder'];
export type CheckoutRequest = Schemas['CheckoutRequest'];
export type Mail = Schemas['Mail'];
export type DeadLetter = Schemas['DeadLetter'];
export type Product = Schemas['Product'];
export type Movement = Schemas['Movement'];

export type CatalogItem = Get<'/catalog'>['items'][number];
export type Shop = Get<'/shop'>;
export type Quote = Post<'/quote'>;
export type Session = Get<'/session'>;
export type TimelineEntry = Get<'/orders/{id}/timeline'>['entries'][number];
export type Explanation = Get<'/orders/{id}/explanation'>;
export type Reservation = Get<'/orders/{id}/reservations'>['items'][number];
export type StateRun = Get<'/executions/{arn}/states'>['states'][number];
export type RedrivePreview = Post<'/executions/{arn}/redrive/preview'>;
export type Workflow = Get<'/workflows/{name}'>;
export type WorkflowProblem = Get<'/workflows/{name}/problems'>['items'][number];
export type WorkflowStats = Get<'/stats/workflows'>['items'][number];
export type TestRun = Post<'/workflows/{name}/test'>;
export type Stats = Get<'/stats'>;
export type StatsPoint = Stats['points'][number];
export type Alarm = Get<'/alarms'>['items'][number];
export type AlarmPoints = Get<'/alarms/{name}/points'>;
export type Audit = Get<'/audit'>;
export type Customer = Get<'/customers/{id}'>;
export type Topic = Get<'/topics'>['items'][number];
export type Queue = Get<'/queues'>['items'][number];
export type OperatorAction = Get<'/operator-actions'>['items'][number];
export type Execution = Get<'/executions/{arn}'>;
