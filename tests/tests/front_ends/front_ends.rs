//! The front ends: four of Debian's, and two that others package.

use crate::front_end::FrontEnd;

pub(crate) const FRONT_ENDS: [FrontEnd; 6] = [NGINX, CADDY, HTTPD, HAPROXY, TRAEFIK, ENVOY];

pub(crate) const NGINX: FrontEnd = FrontEnd {
    name: "nginx",
    files: &[("nginx.conf", "nginx")],
    listen: ["listen 443 ", "listen 127.0.0.1:{port} "],
    upstream: ["127.0.0.1:8080", "127.0.0.1:{upstream}"],
    around: Some((
        "main.conf",
        "daemon off;
worker_processes 1;
pid {folder}/pid;
events {}
http {
    access_log off;
    client_body_temp_path {folder}/1;
    proxy_temp_path {folder}/2;
    fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4;
    scgi_temp_path {folder}/5;
    include {folder}/nginx.conf;
}
",
    )),
    command: &["nginx", "-e", "stderr", "-p", "{folder}", "-c", "{folder}/main.conf"],
};

pub(crate) const CADDY: FrontEnd = FrontEnd {
    name: "Caddy",
    files: &[("Caddyfile", "caddyfile")],
    listen: ["webhook.example.com {", "webhook.example.com:{port} {\n\tbind 127.0.0.1\n"],
    upstream: ["127.0.0.1:8080", "127.0.0.1:{upstream}"],
    around: None,
    command: &["caddy", "run", "--config", "{folder}/Caddyfile", "--adapter", "caddyfile"],
};

pub(crate) const HTTPD: FrontEnd = FrontEnd {
    name: "Apache httpd",
    files: &[("httpd.conf", "apache")],
    listen: ["<VirtualHost *:443>", "<VirtualHost *:{port}>"],
    upstream: ["127.0.0.1:8080", "127.0.0.1:{upstream}"],
    around: Some((
        "main.conf",
        "ServerRoot /usr/lib/apache2
ServerName localhost
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog /dev/stderr
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule auth_basic_module modules/mod_auth_basic.so
LoadModule authn_core_module modules/mod_authn_core.so
LoadModule authn_file_module modules/mod_authn_file.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule authz_user_module modules/mod_authz_user.so
LoadModule headers_module modules/mod_headers.so
LoadModule http2_module modules/mod_http2.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_http_module modules/mod_proxy_http.so
LoadModule reqtimeout_module modules/mod_reqtimeout.so
LoadModule ssl_module modules/mod_ssl.so
Listen 127.0.0.1:{port}
Include {folder}/httpd.conf
",
    )),
    command: &["apache2", "-D", "FOREGROUND", "-f", "{folder}/main.conf"],
};

pub(crate) const HAPROXY: FrontEnd = FrontEnd {
    name: "HAProxy",
    files: &[("haproxy.cfg", "haproxy")],
    listen: ["bind :443 ", "bind 127.0.0.1:{port} "],
    upstream: ["127.0.0.1:8080", "127.0.0.1:{upstream}"],
    around: None,
    command: &["haproxy", "-db", "-f", "{folder}/haproxy.cfg"],
};

pub(crate) const TRAEFIK: FrontEnd = FrontEnd {
    name: "Traefik",
    files: &[("traefik.yml", "yaml"), ("traefik.webhook.yml", "yaml")],
    listen: ["address: \":443\"", "address: 127.0.0.1:{port}"],
    upstream: ["127.0.0.1:8080", "127.0.0.1:{upstream}"],
    around: None,
    command: &["traefik", "--configFile={folder}/traefik.yml"],
};

pub(crate) const ENVOY: FrontEnd = FrontEnd {
    name: "Envoy",
    files: &[("envoy.yaml", "yaml")],
    listen: ["address: 0.0.0.0, port_value: 443", "address: 127.0.0.1, port_value: {port}"],
    upstream: ["address: 127.0.0.1, port_value: 8080", "address: 127.0.0.1, port_value: {upstream}"],
    around: None,
    command: &[
        "envoy",
        "--disable-hot-restart",
        "--concurrency",
        "1",
        "--log-level",
        "warn",
        "-c",
        "{folder}/envoy.yaml",
    ],
};
