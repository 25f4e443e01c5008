//! A school's life, over real sockets, in the program as it is built.
#![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

mod setup;

use http::header::LOCATION;
use http::{Response, StatusCode};
use setup::{Setup, deliver, fetched, rounds, told};
use untis_webhook_testkit::{Delivery, Fault, Forgery, School};
use untis_webhook_tests::platform::STRANGER;
use untis_webhook_tests::receiver::Receiver;

#[tokio::test]
async fn a_school_that_activates_the_application_is_in_its_table_and_its_credentials_are_used() {
    let setup = Setup::new();
    let mut app = setup.start().await;
    let mut school = setup.school("12345");
    assert_eq!(deliver(&app, &school.activate()).await, 204);
    app.until(told("12345", 1)).await;
    app.until(fetched("12345", 1)).await;
    assert_eq!(setup.school_row("12345").await.unwrap(), ("active".to_owned(), 1));
    assert_eq!(setup.fetched("12345").await, Some(1));
    assert_eq!((setup.endpoint.requests(), setup.endpoint.issued()), (1, 1));

    app.signal("TERM").await;
    let (code, log) = app.end().await;
    assert_eq!(code, Some(0), "{log}");
    for secret in ["12345-secret-1", "12345-password-1", "jane@doe.com"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn after_a_reset_the_new_password_is_used_and_the_old_one_is_not() {
    let setup = Setup::new();
    let mut app = setup.start().await;
    let mut school = activated(&setup, &mut app, "12345").await;
    // The endpoint refuses the old one from now on.
    assert_eq!(deliver(&app, &school.reset()).await, 204);
    app.until(fetched("12345", 2)).await;
    assert_eq!(setup.school_row("12345").await.unwrap(), ("active".to_owned(), 2));
    assert_eq!((setup.endpoint.requests(), setup.endpoint.issued()), (2, 2));
}

#[tokio::test]
async fn for_a_school_that_is_deactivated_nothing_more_is_asked_until_it_comes_back() {
    let setup = Setup::with_rounds_every(1);
    let mut app = setup.start().await;
    let mut school = activated(&setup, &mut app, "12345").await;
    activated(&setup, &mut app, "67890").await;
    assert_eq!(deliver(&app, &school.deactivate()).await, 204);
    app.until(told("12345", 2)).await;
    assert_eq!(setup.school_row("12345").await.unwrap(), ("deactivated".to_owned(), 2));
    assert!(setup.fetched("12345").await.is_some(), "what it has is kept: it may come back");

    // The round that goes on may have begun before.
    let before = rounds(&app.log);
    app.until(|log| rounds(log) > before).await;
    let asked = |tenant_id| setup.endpoint.requests_for(tenant_id);
    let (last, of_another) = (asked("12345"), asked("67890"));
    app.until(|log| rounds(log) > before + 2).await;
    assert!(asked("67890") > of_another, "the job goes on");
    assert_eq!(asked("12345"), last);

    assert_eq!(deliver(&app, &school.reactivate_with_new_credentials()).await, 204);
    app.until(fetched("12345", 3)).await;
    assert_eq!(setup.school_row("12345").await.unwrap(), ("active".to_owned(), 3));
}

#[tokio::test]
async fn what_belongs_to_a_school_is_erased_when_it_is_deleted() {
    let setup = Setup::new();
    let mut app = setup.start().await;
    let mut school = activated(&setup, &mut app, "12345").await;
    activated(&setup, &mut app, "67890").await;
    assert_eq!(deliver(&app, &school.delete()).await, 204);
    app.until(told("12345", 2)).await;
    assert_eq!(setup.school_row("12345").await.unwrap(), ("deleted".to_owned(), 2));
    assert_eq!(setup.fetched("12345").await, None);
    assert_eq!(setup.fetched("67890").await, Some(1));
}

#[tokio::test]
async fn a_school_that_is_deleted_and_comes_back_before_the_application_is_told_begins_anew() {
    let setup = Setup::new();
    let mut app = setup.start().await;
    let mut school = activated(&setup, &mut app, "12345").await;
    setup.execute("UPDATE fetched SET times = 100").await;
    setup.execute(NOT_TOLD).await;
    assert_eq!(deliver(&app, &school.delete()).await, 204);
    assert_eq!(deliver(&app, &school.reactivate_with_new_credentials()).await, 204);
    setup.execute(TOLD).await;
    app.until(fetched("12345", 3)).await;
    assert_eq!(setup.fetched("12345").await, Some(1));
}

#[tokio::test]
async fn a_forged_delivery_is_401_and_changes_nothing() {
    let setup = Setup::new();
    let app = setup.start().await;
    let activation = setup.school("12345").activate();
    for forgery in Forgery::ALL {
        assert_eq!(deliver(&app, &activation.clone().forge(forgery)).await, 401, "{forgery:?}");
    }
    assert_eq!(deliver(&app, &Delivery::sign(&STRANGER, activation.body().clone())).await, 401);
    app.signal("TERM").await;
    let (code, log) = app.end().await;
    assert_eq!((code, log.matches("is told").count()), (Some(0), 0), "{log}");
    assert_eq!(setup.school_row("12345").await, None);
    let mut database = setup.database().await;
    let tenants = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM untis_webhook_tenants");
    assert_eq!(tenants.fetch_one(&mut database).await.unwrap(), 0);
    assert_eq!(setup.endpoint.requests(), 0);
}

#[tokio::test]
async fn killed_between_the_answer_and_its_being_told_it_is_told_after_the_next_start() {
    let setup = Setup::new();
    let mut app = setup.start().await;
    setup.execute(NOT_TOLD).await;
    assert_eq!(deliver(&app, &setup.school("12345").activate()).await, 204);
    app.until(|log| log.contains("what there is to tell the application cannot be read")).await;
    app.signal("KILL").await;
    assert_eq!(app.end().await.0, None);
    assert_eq!(setup.school_row("12345").await, None);
    setup.execute(TOLD).await;

    let mut app = setup.start().await;
    app.until(told("12345", 1)).await;
    assert_eq!(setup.school_row("12345").await.unwrap(), ("active".to_owned(), 1));
    app.until(fetched("12345", 1)).await;
}

#[tokio::test]
async fn what_is_no_token_is_said_and_asked_for_again() {
    let setup = Setup::with_rounds_every(1);
    let mut app = setup.start().await;
    let another = Setup::new();
    let elsewhere = format!("{}/WebUntis/api/sso/v3/12345/token", another.endpoint.url());
    let see_other = Response::builder().status(StatusCode::SEE_OTHER).header(LOCATION, &elsewhere);
    let see_other = see_other.body(String::new()).unwrap();
    let faults = [
        Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::redirect(&elsewhere),
        Fault::Answer(see_other),
        Fault::html(),
        Fault::Close,
        Fault::Endless,
        Fault::Truncate,
    ];
    let mut school = setup.school("12345");
    let activation = school.activate();
    let failures = |log: &str| log.matches("nothing was fetched").count();
    for (number, fault) in faults.into_iter().enumerate() {
        setup.endpoint.fail(fault.clone());
        assert_eq!(deliver(&app, &activation).await, 204);
        let before = failures(&app.log);
        app.until(|log| failures(log) > before).await;
        assert_eq!(setup.endpoint.issued(), 0, "{number}: {fault:?}");
    }
    assert_eq!(another.endpoint.requests(), 0, "a redirection was followed");
    assert_eq!(setup.fetched("12345").await, None);
    setup.endpoint.recover();
    app.until(fetched("12345", 1)).await;
    assert!(!app.log.contains("12345-password-1"), "{}", app.log);
}

/// A school that has activated the application, and something was fetched for it.
async fn activated(setup: &Setup, app: &mut Receiver, tenant_id: &str) -> School {
    let mut school = setup.school(tenant_id);
    assert_eq!(deliver(app, &school.activate()).await, 204);
    app.until(fetched(tenant_id, 1)).await;
    school
}

/// The worker can take nothing of what there is to tell.
const NOT_TOLD: &str = "
    CREATE TRIGGER not_told BEFORE UPDATE OF lease ON untis_webhook_tenants WHEN NEW.lease IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'not now'); END;
";

const TOLD: &str = "DROP TRIGGER not_told";
