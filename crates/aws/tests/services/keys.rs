//! Keys from Secrets Manager.

use aws::{Clients, Keys, KeysError};

use crate::stand_in::{moto, unique};

#[tokio::test]
async fn keys_are_read_from_their_secret() {
    let clients = Clients::new(&moto().config().await);
    let name = unique("shop/keys");
    let missing = Keys::read(&clients.secrets, &name).await;
    assert!(missing == Err(KeysError::Unread("ResourceNotFoundException".into())));
    let secret = r#"{"operator_key":"operator-0123456789","signing_key":"signing-0123456789"}"#;
    clients.secrets.create_secret().name(&name).secret_string(secret).send().await.unwrap();
    let keys = Keys::read(&clients.secrets, &name).await;
    assert!(keys.is_ok_and(|keys| keys.operator == "operator-0123456789" && keys.signing == "signing-0123456789"));
    clients.secrets.put_secret_value().secret_id(&name).secret_string("hello").send().await.unwrap();
    assert!(Keys::read(&clients.secrets, &name).await == Err(KeysError::Wrong));
}
