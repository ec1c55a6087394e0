//! Products, prices, stock.

use axum::body::Body;
use axum::http::Request;
use ports::Writer;
use serde_json::{Value, json};

use crate::fakes::received;
use crate::world::{Answer, OPERATOR, World};

async fn import(world: &World, path: &str, csv: &str) -> Answer {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {OPERATOR}"))
        .header("content-type", "text/csv; charset=utf-8");
    world.send(request.body(Body::from(csv.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_product_is_created_changed_and_read() {
    let world = World::new().await;
    let price = |amount: &str| json!({"amount": amount, "currency": "USD"});
    let body = json!({"name": "Chai", "unit_price": price("18"), "on_hand": 39});
    let created = world.operator("PUT", "/inventory/NW-001", Some(body)).await.expect(201);
    let expected = json!({"sku": "NW-001", "name": "Chai", "unit_price": price("18.00"),
        "on_hand": 39, "reserved": 0, "available": 39, "sold": 0});
    assert_eq!(created, expected);
    // What was read can be sent back.
    assert_eq!(world.operator("PUT", "/inventory/NW-001", Some(created)).await.expect(200), expected);
    let body = json!({"name": "Chai", "unit_price": price("19.50")});
    let changed = world.operator("PUT", "/inventory/NW-001", Some(body)).await.expect(200);
    assert_eq!((&changed["unit_price"], &changed["on_hand"]), (&price("19.50"), &json!(39)));
    assert_eq!(world.operator("GET", "/inventory/NW-001", None).await.expect(200), changed);
}

#[tokio::test]
async fn a_wrong_product_names_each_field() {
    let world = World::new().await;
    let table: &[(Value, &[&str])] = &[
        (json!([]), &[""]),
        (json!({}), &["name", "unit_price"]),
        (json!({"name": " ", "unit_price": {"amount": 1, "currency": "USD"}}), &["name", "unit_price/amount"]),
        (
            json!({"sku": "other", "name": "A", "unit_price": {"amount": "1", "currency": "USD"}, "on_hand": 1.5, "vat": 1}),
            &["sku", "on_hand", "vat"],
        ),
    ];
    for (body, fields) in table {
        let answer = world.operator("PUT", "/inventory/new", Some(body.clone())).await;
        let named: Vec<_> = answer.expect(400)["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["field"].as_str().unwrap().to_owned())
            .collect();
        let (mut named, mut fields) = (named, fields.to_vec());
        named.sort();
        fields.sort_unstable();
        assert_eq!(named, fields, "{body}");
    }
    world.operator("GET", "/inventory/new", None).await.expect_problem(404, "not-found", &[]);
    let good = json!({"name": "A", "unit_price": {"amount": "1", "currency": "USD"}});
    world.operator("PUT", "/inventory/two%20words", Some(good)).await.expect_problem(400, "invalid-request", &["sku"]);
}

#[tokio::test]
async fn products_are_listed_and_shoppers_see_what_concerns_them() {
    let world = World::new().await;
    let list = world.operator("GET", "/inventory?limit=1", None).await.expect(200);
    assert_eq!((&list["items"][0]["sku"], &list["next_cursor"]), (&json!("coffee"), &json!("1")));
    let catalog = world.anybody("GET", "/catalog?q=Tea", None).await.expect(200);
    let expected = json!({"items": [{"sku": "tea", "name": "Tea",
        "unit_price": {"amount": "18.00", "currency": "USD"}, "available": 10}]});
    assert_eq!(catalog, expected);
    world.anybody("GET", "/inventory", None).await.expect_problem(401, "unauthorized", &[]);
    world.anybody("GET", "/inventory/tea", None).await.expect_problem(401, "unauthorized", &[]);
}

#[tokio::test]
async fn units_are_booked_by_hand_and_stand_in_the_ledger() {
    let world = World::new().await;
    let body = json!({"kind": "received", "units": 24, "reason": "delivery 4711"});
    let product = world.operator("POST", "/inventory/tea/movements", Some(body)).await.expect(201);
    assert_eq!(product["on_hand"], 34);
    let body = json!({"kind": "adjusted", "units": -35});
    world.operator("POST", "/inventory/tea/movements", Some(body)).await.expect_problem(422, "out-of-stock", &[]);
    let body = json!({"kind": "sold", "units": 0});
    let answer = world.operator("POST", "/inventory/tea/movements", Some(body)).await;
    answer.expect_problem(400, "invalid-request", &["kind", "units"]);
    let body = json!({"kind": "received", "units": 1});
    world.operator("POST", "/inventory/none/movements", Some(body)).await.expect_problem(404, "not-found", &[]);

    world.shop.apply(vec![received("tea", 2)]).await.unwrap();
    let ledger = world.operator("GET", "/inventory/tea/ledger", None).await.expect(200);
    let units: Vec<_> = ledger["items"].as_array().unwrap().iter().map(|entry| entry["units"].clone()).collect();
    assert_eq!(units, [2, 24]);
    assert_eq!(ledger["items"][1]["reason"], "delivery 4711");
    world.operator("GET", "/inventory/none/ledger", None).await.expect_problem(404, "not-found", &[]);
}

#[tokio::test]
async fn an_import_is_all_or_nothing() {
    let world = World::new().await;
    let header = "sku,name,unit_price,currency,stock\n";
    let wrong = format!("{header}new-1,One,1.00,USD,5\nnew-2,Two,x,USD,5\n");
    let problem = import(&world, "/inventory/import", &wrong).await;
    problem.expect_problem(400, "invalid-request", &["line 3/unit_price"]);
    world.operator("GET", "/inventory/new-1", None).await.expect_problem(404, "not-found", &[]);

    let right = format!("{header}new-1,One,1.00,USD,5\ntea,Green Tea,2.00,USD,\n");
    assert_eq!(import(&world, "/inventory/import", &right).await.expect(200), json!({"imported": 2}));
    assert_eq!(world.operator("GET", "/inventory/new-1", None).await.expect(200)["on_hand"], 5);
    let tea = world.operator("GET", "/inventory/tea", None).await.expect(200);
    assert_eq!((&tea["name"], &tea["on_hand"]), (&json!("Green Tea"), &json!(10)));

    let json = world.operator("POST", "/inventory/import", Some(json!({}))).await;
    json.expect_problem(415, "unsupported-media-type", &[]);
    let request = Request::post("/inventory/import").header("content-type", "text/csv").body(Body::from(right));
    world.send(request.unwrap()).await.expect_problem(401, "unauthorized", &[]);
}
