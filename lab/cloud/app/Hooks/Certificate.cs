using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;

namespace Quorate.Lab.Cloud.Hooks;

/// <summary>
/// The certificate of the api's TLS port: a PEM file with its key, made at start when it is not there, read again
/// when it changed. Health fails when it has expired.
/// </summary>
internal sealed class Certificate
{
    private const int DefaultDays = 90;
    private const int PrefixLength = 3;

    private readonly string path;
    private readonly RoleHost host;
    private readonly Lock gate = new();
    private (DateTime Written, X509Certificate2 Value)? current;

    private Certificate(string path, RoleHost host)
    {
        (this.path, this.host) = (path, host);
        if (!File.Exists(path))
        {
            Write(DefaultDays);
        }
        host.Health.Add("certificate", _ => Check());
        host.Metrics.Gauge("cloud_certificate_expiry_seconds", "When the TLS certificate expires, in seconds since the epoch.",
            () => new DateTimeOffset(Current().NotAfter).ToUnixTimeSeconds());
    }

    /// <summary>Null unless TLS_PORT is set.</summary>
    public static Certificate? ServeIfAsked(RoleHost host)
    {
        int port = Env.Integer("TLS_PORT", 0, 0, 65_535);
        if (port == 0)
        {
            return null;
        }
        var certificate = new Certificate(Path.Combine(Env.Text("DATA_DIR", "data"), "tls.pem"), host);
        host.Listen = kestrel => kestrel.ListenAnyIP(port, listen =>
            listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => certificate.Current()));
        return certificate;
    }

    /// <summary>Self-signed for api; valid until <paramref name="days"/> from now, which may be in the past.</summary>
    public void Write(int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=api", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("api");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset until = host.Time.GetUtcNow().AddDays(days);
        using X509Certificate2 made = request.CreateSelfSigned(until.AddDays(-DefaultDays - PrefixLength), until);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string draft = path + ".new";
        File.WriteAllText(draft, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        File.Move(draft, path, overwrite: true);
    }

    private X509Certificate2 Current()
    {
        lock (gate)
        {
            DateTime written = File.GetLastWriteTimeUtc(path);
            if (current is not { } known || known.Written != written)
            {
                // The former one is not disposed: a connection may be using it.
                current = known = (written, X509Certificate2.CreateFromPemFile(path));
            }
            return known.Value;
        }
    }

    private Task Check()
    {
        DateTime until = Current().NotAfter.ToUniversalTime();
        return host.Time.GetUtcNow().UtcDateTime <= until
            ? Task.CompletedTask
            : throw new IOException($"the TLS certificate in {path} expired at {until.ToString("u", CultureInfo.InvariantCulture)}");
    }
}
