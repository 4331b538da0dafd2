using System.Text;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;

namespace Quorate.Storage.Certificates;

/// <summary>One certificate in a file, as <see cref="CertificateText"/>.</summary>
public static class CertificateFile
{
    /// <summary>Writes it whole or not at all, readable by all; an earlier file of that name is replaced.</summary>
    /// <exception cref="QuorateException">certificate_unwritable.</exception>
    public static void Write(string path, QuorumCertificate certificate)
    {
        try
        {
            DurableFile.Replace(path, Encoding.ASCII.GetBytes(CertificateText.Write(certificate)), readableByAll: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("certificate_unwritable", $"the certificate {path} cannot be written: {e.Message}", OutcomeFolder.Hint, e);
        }
    }

    /// <summary>Null with a certificate, whose signatures are still to be checked; otherwise why the content is none.</summary>
    /// <exception cref="QuorateException">certificate_missing: there is no such file, or it cannot be read.</exception>
    public static string? Read(string path, out QuorumCertificate? certificate)
    {
        if (!File.Exists(path))
        {
            throw QuorateException.Input("certificate_missing", $"the certificate {path} does not exist");
        }

        try
        {
            return CertificateText.Read(BoundedFile.Read(path, CertificateText.MaxBytes), out certificate);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("certificate_missing", $"the certificate {path} cannot be read: {e.Message}", inner: e);
        }
    }
}
