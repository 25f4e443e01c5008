//! What holds of lists and numbers of tenants, as a person looks at them.

use untis_webhook::event::CredentialsEventType::Created;
use untis_webhook::event::{DeactivationEventType, ReasonType};
use untis_webhook_tenants::{Failed, Filter, Listed, Message, Registry, Retry, Status, Store};
use untis_webhook_testkit::Payload;

use super::{Clock, credentials, registry, registry_with, ring, verified};

async fn receive<S: Store>(registry: &Registry<S>, tenant_id: &str, payload: Payload) {
    registry.receive(&verified(payload.set("tenantId", tenant_id))).await.unwrap();
}

fn ends(event_type: DeactivationEventType) -> Payload {
    Payload::deactivation(event_type, &ReasonType::NoReason)
}

/// All of them, so many at a time.
async fn found<S: Store>(
    registry: &Registry<S>,
    filter: Option<Filter>,
    prefix: &str,
    limit: u32,
) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = registry.find(Listed { filter, prefix, after: &after }, limit).await.unwrap();
        for entry in page.entries {
            assert_eq!(registry.get(&entry.tenant_id).await.unwrap().as_ref(), Some(&entry));
            found.push(entry.tenant_id);
        }
        match page.next {
            Some(next) => after = next,
            None => return found,
        }
    }
}

pub async fn a_list_is_read_by_pages_in_the_order_of_octets<S: Store>(store: S) {
    let registry = registry(store).await;
    let ids = ["10", "9", "A", "Z", "a", "z", "ä"];
    for tenant_id in ids.iter().rev() {
        let payload = Payload::credentials(Created).set("tenantId", *tenant_id);
        registry.receive(&verified(payload)).await.unwrap();
    }
    let payload = Payload::deactivation(DeactivationEventType::Deactivation, &ReasonType::NoReason);
    registry.receive(&verified(payload.clone().set("tenantId", "Z"))).await.unwrap();
    // One that never had a set is none.
    registry.receive(&verified(payload.set("tenantId", "never active"))).await.unwrap();

    for limit in 0..9 {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = registry.list(None, after.as_deref(), limit).await.unwrap();
            found.extend(page.entries.into_iter().map(|entry| entry.tenant_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, ids, "{limit} at a time");
    }
    let deactivated = registry.list(Some(Status::Deactivated), None, 10).await.unwrap();
    assert_eq!(deactivated.entries, [registry.get("Z").await.unwrap().unwrap()]);
    assert_eq!(registry.list(Some(Status::Active), None, 10).await.unwrap().entries.len(), 6);
}

pub async fn a_list_has_those_whose_id_begins_so_and_no_other<S: Store>(store: S) {
    let registry = registry(store).await;
    let longest = format!("1{}", "\u{10ffff}".repeat(63));
    let ids = ["1", "10", "100", "1%", "1_", "2", "\u{10ffff}", "ä", "ää", "ö", &longest];
    for tenant_id in ids {
        receive(&registry, tenant_id, credentials(Created, "one")).await;
    }
    let mut sorted = ids.map(str::to_owned).to_vec();
    sorted.sort();
    for prefix in ["", "1", "10", "1%", "1_", "100", "1000", "2", "ä", "ö", "\u{10ffff}", "z"] {
        let expected: Vec<_> = sorted.iter().filter(|id| id.starts_with(prefix)).cloned().collect();
        for limit in [1, 2, 100] {
            assert_eq!(found(&registry, None, prefix, limit).await, expected, "{prefix}, {limit}");
        }
    }
    // What to go on after may be of another list.
    let page = |after| registry.find(Listed { prefix: "1", after, ..Listed::default() }, 1);
    assert_eq!(page("0").await.unwrap().entries[0].tenant_id, "1");
    assert!(page("3").await.unwrap().entries.is_empty());
}

pub async fn tenants_are_listed_and_counted_by_what_they_have_in_common<S: Store + 'static>(store: S) {
    let clock = Clock::new();
    let registry = registry_with(store, &clock, ring()).await;
    assert_eq!(registry.summary().await.unwrap(), untis_webhook_tenants::Summary::default());

    for tenant_id in ["given up", "waits"] {
        receive(&registry, tenant_id, credentials(Created, "one")).await;
    }
    let nobody = registry.worker(async |_: Message| Err(Failed::new("not that", Retry::Never)));
    nobody.tell_due().await.unwrap();
    receive(&registry, "told", credentials(Created, "one")).await;
    receive(&registry, "ended", credentials(Created, "one")).await;
    receive(&registry, "ended", ends(DeactivationEventType::Deactivation)).await;
    registry.worker(async |_: Message| Ok(())).tell_due().await.unwrap();

    clock.advance(60);
    let since = clock.now();
    receive(&registry, "gone", credentials(Created, "one")).await;
    receive(&registry, "gone", ends(DeactivationEventType::Deletion)).await;
    clock.advance(60);
    receive(&registry, "contested", credentials(Created, "one")).await;
    receive(&registry, "contested", credentials(Created, "two").set("clientId", "another")).await;
    // One that never had a set is none.
    receive(&registry, "never active", ends(DeactivationEventType::Deactivation)).await;
    registry.redrive("waits").await.unwrap();

    let all = ["contested", "ended", "given up", "gone", "told", "waits"];
    let summary = registry.summary().await.unwrap();
    for (filter, expected, count) in [
        (None, &all[..], summary.active + summary.deactivated + summary.deleted),
        (Some(Filter::Contested), &["contested"], summary.contested),
        (Some(Filter::GivenUp), &["given up"], summary.given_up),
        (Some(Filter::Refused), &[], summary.refused),
        (Some(Filter::Status(Status::Active)), &["contested", "given up", "told", "waits"], summary.active),
        (Some(Filter::Status(Status::Deactivated)), &["ended"], summary.deactivated),
        (Some(Filter::Status(Status::Deleted)), &["gone"], summary.deleted),
        (Some(Filter::Waiting), &["contested", "gone", "waits"], summary.untold - summary.given_up),
    ] {
        for limit in [1, 100] {
            assert_eq!(found(&registry, filter, "", limit).await, expected, "{filter:?}");
        }
        assert_eq!(usize::try_from(count).unwrap(), expected.len(), "{filter:?}");
    }
    assert_eq!(found(&registry, Some(Filter::Waiting), "g", 1).await, ["gone"]);
    assert_eq!(summary.untold_since, Some(since.before(60)));
}

pub async fn profiles_are_read_by_pages_and_those_that_are_destroyed_are_left_out<S: Store>(store: S) {
    let registry = registry(store).await;
    for tenant_id in ["a", "b", "c", "d"] {
        receive(&registry, tenant_id, credentials(Created, "one").set("schoolEmail", tenant_id)).await;
    }
    registry.forget("b", untis_webhook_tenants::ErasureScope::Secrets).await.unwrap();
    let page = async |after, limit| {
        let profiles = registry.profiles(after, limit).await.unwrap();
        profiles.into_iter().map(|(id, profile)| (id, profile.school_email.unwrap())).collect::<Vec<_>>()
    };
    let own = |id: &str| (id.to_owned(), id.to_owned());
    assert_eq!(page(None, 2).await, [own("a"), own("c")]);
    assert_eq!(page(Some("c"), 2).await, [own("d")]);
    assert!(page(Some("d"), 2).await.is_empty());
}
