//! The description that the web application's client is made from is the one that is served.

use crate::support::{Server, root};

#[tokio::test]
async fn the_copy_of_the_description_is_fresh() {
    let server = Server::start();
    let served = server.request(reqwest::Method::GET, "/openapi.json").send().await.unwrap();
    let served: serde_json::Value = served.json().await.unwrap();
    let file = root().join("web/openapi.json");
    let fresh = format!("{served:#}\n");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, fresh).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&file).expect("the copy is kept with the web application");
    assert!(
        kept == fresh,
        "web/openapi.json is not what the server describes: run this test with UPDATE_OPENAPI=1, then npm run generate in web"
    );
}
