# One Courier of the test kit, inside its own layered file system.
set -e
useradd --system --no-create-home --shell /usr/sbin/nologin courierpost 2>/dev/null || true
owner=$(id -u courierpost) group=$(id -g courierpost)
mkdir -p /srv/courier /run/courier/authdaemon
rm -rf /etc/courier/userdb
touch /etc/courier/userdb
chmod 600 /etc/courier/userdb
while IFS=: read -r name password; do
    maildirmake "/srv/courier/$name"
    for folder in Concepten Verzonden Prullenbak Ongewenst; do
        maildirmake -f "$folder" "/srv/courier/$name"
    done
    userdb "$name" set uid="$owner" gid="$group" home=/srv/courier mail="/srv/courier/$name"
    printf '%s\n' "$password" | userdbpw -md5 | userdb "$name" set systempw
done </etc/courier/people
makeuserdb
chown -R courierpost: /srv/courier
chown -R courier /run/courier 2>/dev/null || true
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' /etc/courier/authdaemonrc
sed -i 's/^ADDRESS=.*/ADDRESS=127.0.0.1/; s/^PORT=.*/PORT=@IMAP@/; s/^MAXPERIP=.*/MAXPERIP=200/; s/^MAXDAEMONS=.*/MAXDAEMONS=200/' \
    /etc/courier/imapd
if [ -e /etc/courier/pop3d ]; then
    sed -i 's/^ADDRESS=.*/ADDRESS=127.0.0.1/; s/^PORT=.*/PORT=@POP3@/; s/^MAXPERIP=.*/MAXPERIP=200/; s/^MAXDAEMONS=.*/MAXDAEMONS=200/' \
        /etc/courier/pop3d
fi
authdaemond start
imapd start
if [ -e /etc/courier/pop3d ]; then pop3d start; fi
exec sleep infinity
