import java.io.FileInputStream;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.verapdf.pdfa.validation.validators.ValidatorFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * The veraPDF engine on one file: {@code Conformance file PROFILE...}, a profile being a name such
 * as PDFA-3A. Prints one line for each rule broken, {@code PROFILE clause-test message}.
 *
 * The jar holds the rules but not the JAXB runtime that veraPDF reads them with: they are read with
 * the DOM instead, and handed to the same engine.
 */
public final class Conformance {
    private static final int NO_LIMIT = -1;

    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int i = 1; i < arguments.length; i++) {
            for (String failure : check(arguments[0], arguments[i])) {
                System.out.println(arguments[i] + " " + failure);
            }
        }
    }

    private static Set<String> check(String file, String name) throws Exception {
        ValidationProfile profile = read(name);
        PDFAFlavour flavour = profile.getPDFAFlavour();
        Set<String> failures = new HashSet<>();
        try (FileInputStream input = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(input, flavour, flavour);
                PDFAValidator validator =
                        ValidatorFactory.createValidator(profile, NO_LIMIT, false, true, false)) {
            ValidationResult result = validator.validate(parser);
            for (TestAssertion found : result.getTestAssertions()) {
                if (found.getStatus() == TestAssertion.Status.FAILED) {
                    RuleId rule = found.getRuleId();
                    failures.add(rule.getClause() + "-" + rule.getTestNumber() + " " + found.getMessage());
                }
            }
            if (!result.isCompliant() && failures.isEmpty()) {
                failures.add("not compliant");
            }
        }
        return failures;
    }

    private static ValidationProfile read(String name) throws Exception {
        String path = "org/verapdf/pdfa/validation/" + name + ".xml";
        Element root =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(Conformance.class.getClassLoader().getResourceAsStream(path))
                        .getDocumentElement();
        Set<Rule> rules = new HashSet<>();
        for (Element rule : children(root, "rule")) {
            rules.add(readRule(rule));
        }
        Set<Variable> variables = new HashSet<>();
        for (Element variable : children(root, "variable")) {
            variables.add(readVariable(variable));
        }
        PDFAFlavour flavour = PDFAFlavour.valueOf(root.getAttribute("flavour"));
        return Profiles.profileFromValues(
                flavour, Profiles.profileDetailsFromValues(name, "", "", new Date()), "", rules, variables);
    }

    private static Rule readRule(Element rule) throws Exception {
        Element id = children(rule, "id").get(0);
        RuleId ruleId =
                Profiles.ruleIdFromValues(
                        PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                        id.getAttribute("clause"),
                        Integer.parseInt(id.getAttribute("testNumber")));
        List<ErrorArgument> details = new ArrayList<>();
        for (Element argument : children(rule, "argument")) {
            details.add(readArgument(argument));
        }
        Boolean deferred = rule.hasAttribute("deferred") ? Boolean.valueOf(rule.getAttribute("deferred")) : null;
        return Profiles.ruleFromValues(
                ruleId,
                rule.getAttribute("object"),
                deferred,
                rule.getAttribute("tags"),
                text(rule, "description"),
                text(rule, "test"),
                Profiles.errorFromValues(text(rule, "message"), details),
                new ArrayList<>());
    }

    private static Variable readVariable(Element variable) {
        return Profiles.variableFromValues(
                variable.getAttribute("name"),
                variable.getAttribute("object"),
                text(variable, "defaultValue"),
                text(variable, "value"));
    }

    /** The class is public, its constructor is not, and no factory makes one. */
    private static ErrorArgument readArgument(Element argument) throws Exception {
        Constructor<ErrorArgumentImpl> constructor =
                ErrorArgumentImpl.class.getDeclaredConstructor(String.class, String.class, String.class);
        constructor.setAccessible(true);
        return constructor.newInstance(argument.getTextContent(), argument.getAttribute("name"), null);
    }

    private static List<Element> children(Element parent, String name) {
        NodeList nodes = parent.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    private static String text(Element parent, String name) {
        List<Element> found = children(parent, name);
        return found.isEmpty() ? "" : found.get(0).getTextContent();
    }
}
