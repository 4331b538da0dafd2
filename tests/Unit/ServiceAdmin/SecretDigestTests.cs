using Quorate.Platforms.Services;

namespace Quorate.Tests.Unit.ServiceAdmin;

public sealed class SecretDigestTests
{
    [Theory]
    [InlineData("requirepass", "lab-cache")]
    [InlineData("masterauth", "lab-cache")]
    [InlineData("primary_conninfo", "host=a password=lab-cache")]
    [InlineData("replication source", "amqp://cloud:lab-cache@queue:5672")]
    [InlineData("archive_command", "copy --password=lab-cache %p")]
    [InlineData("command", "serve DB_PASSWORD=lab-cache")]
    [InlineData("rules", "host all all all ldap ldapserver=x ldapbindpasswd=lab-cache")]
    [InlineData("tls-key-file-pass", "lab-cache")]
    public void Kept_ValueWithSecret_HidesIt(string name, string value)
    {
        var kept = Inspected.Digest.Kept(name, value);
        Assert.DoesNotContain("lab-cache", kept, StringComparison.Ordinal);
        Assert.True(SecretDigest.IsDigest(kept));
        Assert.Equal(kept, Inspected.Digest.Kept(name, value));
        Assert.NotEqual(kept, Inspected.Digest.Kept(name, value.Replace("lab-cache", "other", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("password_encryption", "scram-sha-256")]
    [InlineData("API_URL", "http://api:8080")]
    [InlineData("maxmemory", "25165824")]
    public void Kept_PlainValue_Stays(string name, string value) => Assert.Equal(value, Inspected.Digest.Kept(name, value));

    [Fact]
    public void Of_OtherKey_GivesOtherDigest() => Assert.NotEqual(new SecretDigest(new byte[32]).Of("a"), Inspected.Digest.Of("a"));

    [Fact]
    public void Matches_VerifierOfAPassword_OnlyThatPassword()
    {
        var verifier = ScramVerifier.Create("lab-app");
        Assert.True(ScramVerifier.Matches(verifier, "lab-app"));
        Assert.False(ScramVerifier.Matches(verifier, "lab-apq"));
        // As PostgreSQL 15 stored the password "pencil".
        Assert.False(ScramVerifier.Matches("md5e3b0c44298fc1c149afbf4c8996fb92427", "pencil"));
        Assert.DoesNotContain("lab-app", verifier, StringComparison.Ordinal);
    }

    [Fact]
    public void Areas_MoreThanFits_AreNotKnownToBeWhole()
    {
        var inspection = Inspected.New();
        inspection.Read("table", "policy");
        for (var i = 0; i < 5_000; i++)
        {
            inspection.Add("table", $"t{i}", "x");
        }

        inspection.Add("policy", "p", "x");
        inspection.Read("table", "policy");
        Assert.Empty(inspection.Areas);
    }
}
