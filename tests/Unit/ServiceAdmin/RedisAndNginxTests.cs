using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Tests.Unit.ServiceAdmin;

public sealed class RedisAndNginxTests
{
    private const string Info = "# Server\r\nredis_version:7.0.15\r\nused_memory:1190000\r\nmaxmemory:1200000\r\nmaxmemory_policy:noeviction\r\nrdb_last_bgsave_status:err\r\nrole:slave\r\nmaxclients:10000\r\nconnected_clients:4\r\n";

    [Fact]
    public void Parse_RedisAnswers_GivesValuesAndWhatIsWrong()
    {
        var inspection = Inspected.New();
        RedisInspector.Parse(
            "maxmemory\n1200000\nsave\n10 1\nrequirepass\nlab-cache\nbgsave_cpulist\n\nreplicaof\nother 6379\n",
            "user default on #86e8cbab3539760987eaf55214a66baa8c3e32849be780c242fcf9f07e04a3fb ~* &* +@all\n",
            Info,
            inspection);

        Assert.Equal("10 1", inspection.Items["setting/save"]);
        Assert.Equal("", inspection.Items["setting/bgsave_cpulist"]);
        Assert.Equal("slave", inspection.Items["replication/role"]);
        Assert.False(inspection.Items.ContainsKey("setting/replicaof"));
        Assert.DoesNotContain(inspection.Items.Values, v => v.Contains("lab-cache", StringComparison.Ordinal) || v.Contains("86e8cb", StringComparison.Ordinal));
        Assert.Equal([ConditionKinds.SaveFailed, ConditionKinds.ResourceAlarm], inspection.Conditions.Select(c => c.Kind));
    }

    [Theory]
    [InlineData("setting/maxmemory-policy", "allkeys-lru", "noeviction", "CONFIG SET maxmemory-policy allkeys-lru")]
    [InlineData("replication/role", "master", "slave", "REPLICAOF NO ONE")]
    [InlineData("user/stranger", null, "on ~* +@all", "ACL DELUSER stranger")]
    [InlineData("user/reader", "on ~* +@read", "off", "ACL SETUSER reader reset on ~* +@read")]
    [InlineData("user/default", "on digest:0123456789abcdef ~* &* +@all", "on digest:0123456789abcdef ~* &* +@all -set", "ACL SETUSER default resetkeys resetchannels -@all on ~* &* +@all")]
    [InlineData("user/default", "on digest:0123456789abcdef ~* +@all", "off digest:0123456789abcdef ~* +@all", "ACL SETUSER default resetkeys -@all on ~* +@all")]
    public void Commands_RedisDifference_PutsItBack(string key, string? healthy, string? actual, string command) =>
        Assert.Equal(command, string.Join(' ', Assert.Single(RedisInspector.Commands(Inspected.Difference(key, healthy, actual))!)));

    [Theory]
    [InlineData("setting/requirepass", "digest:0123456789abcdef", "digest:fedcba9876543210")]
    [InlineData("user/default", "on digest:0123456789abcdef ~*", "on digest:fedcba9876543210 ~*")]
    [InlineData("user/default", null, "on ~*")]
    [InlineData("user/default", "on digest:0123456789abcdef ~a +get", "on digest:0123456789abcdef ~a +get (~* +@all)")]
    [InlineData("user/default", "on digest:0123456789abcdef ~session:token digest:11 +@all", "on digest:0123456789abcdef ~session:token digest:11 -@all")]
    public void Commands_SecretOrUnknown_None(string key, string? healthy, string? actual) =>
        Assert.Null(RedisInspector.Commands(Inspected.Difference(key, healthy, actual)));

    [Fact]
    public void Parse_NginxConfiguration_TellsBlocksApart()
    {
        var blocks = NginxInspector.Parse(
            """
            # configuration file /etc/nginx/nginx.conf:
            events {
              worker_connections  256;
            }
            # configuration file /etc/nginx/conf.d/a.conf:
            server {
              listen 8080;   # ignored only at a line's begin
              location / { 
                proxy_pass http://api:8080;
              }
            }
            server {
              listen 8081;
            }
            """).ToDictionary(b => b.Place, b => b.Directives);
        Assert.Equal("worker_connections 256;", blocks["/etc/nginx/nginx.conf > events"]);
        Assert.Equal("proxy_pass http://api:8080;", blocks["/etc/nginx/conf.d/a.conf > server > location /"]);
        Assert.Equal("listen 8081;", blocks["/etc/nginx/conf.d/a.conf > server #2"]);
    }
}
