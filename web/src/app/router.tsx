import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import i18next from 'i18next';
import { ErrorPage, NotFoundPage } from '~/ui/pages';
import { LoadingPage } from '~/ui/states';
import { loadPart } from './load-part';
import { many, one, parseSearch, stringifySearch } from './search';

interface Context {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet });

const shop = createRoute({
  getParentRoute: () => root,
  id: 'shop',
  beforeLoad: () => i18next.loadNamespaces('shop'),
  component: lazyRouteComponent(() => loadPart(() => import('~/shop/shop-layout')), 'ShopLayout'),
});

const shopPages = [
  createRoute({
    getParentRoute: () => shop,
    path: '/',
    validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: one(search['q']) }),
    component: lazyRouteComponent(() => loadPart(() => import('~/shop/catalogue')), 'Catalogue'),
  }),
  createRoute({
    getParentRoute: () => shop,
    path: '/quick',
    component: lazyRouteComponent(() => loadPart(() => import('~/shop/quick-order')), 'QuickOrder'),
  }),
  createRoute({
    getParentRoute: () => shop,
    path: '/cart',
    component: lazyRouteComponent(() => loadPart(() => import('~/shop/cart-page')), 'CartPage'),
  }),
  createRoute({
    getParentRoute: () => shop,
    path: '/checkout',
    component: lazyRouteComponent(() => loadPart(() => import('~/shop/checkout-page')), 'CheckoutPage'),
  }),
  createRoute({
    getParentRoute: () => shop,
    path: '/orders/$orderId',
    validateSearch: (search: Record<string, unknown>): { token?: string } => ({ token: one(search['token']) }),
    component: lazyRouteComponent(() => loadPart(() => import('~/shop/order-page')), 'OrderPage'),
  }),
] as const;

const operator = createRoute({
  getParentRoute: () => root,
  path: '/console',
  beforeLoad: () => i18next.loadNamespaces('console'),
  component: lazyRouteComponent(() => loadPart(() => import('~/console/console-layout')), 'ConsoleLayout'),
});

const operatorPages = [
  createRoute({
    getParentRoute: () => operator,
    path: '/',
    validateSearch: (search: Record<string, unknown>): { range?: string } => ({ range: one(search['range']) }),
    component: lazyRouteComponent(() => loadPart(() => import('~/console/dashboard/dashboard-page')), 'DashboardPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/orders',
    validateSearch: (search: Record<string, unknown>): { q?: string; status?: string[]; workflow?: string; customer?: string; placed_after?: string; placed_before?: string; min_total?: string; max_total?: string } => ({
      q: one(search['q']),
      status: many(search['status']),
      workflow: one(search['workflow']),
      customer: one(search['customer']),
      placed_after: one(search['placed_after']),
      placed_before: one(search['placed_before']),
      min_total: one(search['min_total']),
      max_total: one(search['max_total']),
    }),
    component: lazyRouteComponent(() => loadPart(() => import('~/console/orders/orders-page')), 'OrdersPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/orders/$orderId',
    validateSearch: (search: Record<string, unknown>): { state?: string; execution?: string } => ({
      state: one(search['state']),
      execution: one(search['execution']),
    }),
    component: lazyRouteComponent(() => loadPart(() => import('~/console/order/order-page')), 'OrderPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/workflows',
    component: lazyRouteComponent(() => loadPart(() => import('~/console/workflows/workflows-page')), 'WorkflowsPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/workflows/$name',
    validateSearch: (search: Record<string, unknown>): { tab?: string; state?: string } => ({ tab: one(search['tab']), state: one(search['state']) }),
    component: lazyRouteComponent(() => loadPart(() => import('~/console/workflows/workflow-page')), 'WorkflowPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/stock',
    validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: one(search['q']) }),
    component: lazyRouteComponent(() => loadPart(() => import('~/console/stock/stock-page')), 'StockPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/stock/$sku',
    component: lazyRouteComponent(() => loadPart(() => import('~/console/stock/product-page')), 'ProductPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/messages',
    validateSearch: (search: Record<string, unknown>): { tab?: string; q?: string; mail?: string; topic?: string } => ({
      tab: one(search['tab']),
      q: one(search['q']),
      mail: one(search['mail']),
      topic: one(search['topic']),
    }),
    component: lazyRouteComponent(() => loadPart(() => import('~/console/messages/messages-page')), 'MessagesPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/customers',
    validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: one(search['q']) }),
    component: lazyRouteComponent(() => loadPart(() => import('~/console/customers/customers-page')), 'CustomersPage'),
  }),
  createRoute({
    getParentRoute: () => operator,
    path: '/customers/$customerId',
    component: lazyRouteComponent(() => loadPart(() => import('~/console/customers/customer-page')), 'CustomerPage'),
  }),
] as const;

const routeTree = root.addChildren([
  shop.addChildren(shopPages),
  operator.addChildren(operatorPages),
]);

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    scrollRestoration: true,
    defaultPreload: 'intent',
    defaultPendingComponent: LoadingPage,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
